"""How many series the accountant's page has at most."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from govcloud_monitoring.accountant import backups, departments, families, idleness, recommendations
from govcloud_monitoring.accountant.departments import Departments
from govcloud_monitoring.accountant.families import Books
from govcloud_monitoring.accountant.idleness import Reason
from govcloud_monitoring.ledger.backup import Backup
from govcloud_monitoring.ledger.charge import Component
from govcloud_monitoring.ledger.recommendation import Met, Recommendation
from govcloud_monitoring.ledger.sums import Costs, Totals

SAMPLE_LIMIT = 10_000
"""Of the job govcloud-ledger: beyond it Prometheus takes nothing of the page."""
CODES = [f"d{number}" for number in range(300)]
PURPOSES = ("production", "test")


def proposal(department: str, environment: str, kind: recommendations.Kind) -> Recommendation:
    return Recommendation(
        department=department, environment=environment, kind=kind, cpu_milli=4000, proposed_cpu_milli=0
    )


def test_a_large_government_with_corrections_and_advice_for_all_is_within_the_limit():
    costs = {(code, purpose, part): 1 for code in CODES for purpose in PURPOSES for part in get_args(Component)}
    totals = Costs(departments=costs, pools={f"pool-{number}": 1 for number in range(20)})
    books = Books(
        totals=Totals(accrued=totals, corrections=totals), currency="EUR", closed_until_seconds=1,
        departments_until_seconds=1,
        month_microcents=dict.fromkeys(CODES, 1),
    )  # fmt: skip
    agreed = Departments(
        budgets=dict.fromkeys(CODES, 1), weights=dict.fromkeys(CODES, 1),
        environments={(code, expiry): 1 for code in CODES for expiry in ("expired", "soon")},
    )  # fmt: skip
    kinds: tuple[recommendations.Kind, ...] = ("remove", "resize")
    advice = recommendations.counted(
        (proposal(code, purpose, kind) for code in CODES for purpose, kind in zip(PURPOSES, kinds, strict=True)),
        (Met(department=code, kind=kind, count=1, cpu_milli=1) for code in CODES for kind in kinds),
    )
    page = [
        *families.families(books), *departments.families(agreed), *recommendations.families(advice),
        *backups.families(Backup(last_backup=datetime(2026, 5, 3, tzinfo=UTC), waiting_seconds=0)),
        *idleness.families({(code, reason): 1 for code in CODES for reason in get_args(Reason)}),
    ]  # fmt: skip
    assert 9_000 < sum(len(family.samples) for family in page) < SAMPLE_LIMIT - 50, "and a few of the process itself"
