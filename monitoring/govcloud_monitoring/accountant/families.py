"""What the ledger's totals show to Prometheus: a copy; the truth stays in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import Metric as Family

from govcloud_monitoring.ledger.charge import PLATFORM, Component
from govcloud_monitoring.ledger.sums import Totals
from govcloud_monitoring.metric import Metric

MICROCENTS = 100_000_000
"""Of one unit of the currency."""
PLATFORM_LABEL = "(platform)"
"""No department has such a code."""

COST = Metric(
    name="govcloud_cost_total",
    help=(
        "What a department was charged since the ledger began, in the currency of govcloud_currency_info, at the "
        "prices in force at the time. Its own cpu, memory and storage, and its parts of what the platform holds and of "
        "what nobody holds. (platform) is what no department could bear."
    ),
    labels=("department", "purpose", "component"),
)
POOL_COST = Metric(
    name="govcloud_pool_cost_total",
    help="What a pool cost since the ledger began: exactly the sum of what was charged for it.",
    labels=("pool",),
)
CORRECTIONS = Metric(
    name="govcloud_cost_corrections",
    help="What later corrections added to (or took from) a department's closed hours; not part of the counter.",
    labels=("department", "purpose", "component"),
)
CURRENCY = Metric(
    name="govcloud_currency_info", help="1, with the currency of all costs (ISO 4217).", labels=("currency",)
)
CLOSED = Metric(
    name="govcloud_ledger_closed_until_timestamp_seconds",
    help=(
        "End of the newest hour that is written, in seconds since 1970, by book: costs, and departments (what they "
        "were granted, reserved and used). 0 means that none is written yet."
    ),
    labels=("book",),
    unit="seconds",
)
MONTH_COST = Metric(
    name="govcloud_department_month_cost",
    help="What a department was charged in the closed hours of the running month (UTC), corrections included.",
    labels=("department",),
)
METRICS = (COST, POOL_COST, CORRECTIONS, CURRENCY, CLOSED, MONTH_COST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What one look at the ledger found."""

    totals: Totals
    currency: str
    closed_until_seconds: float
    departments_until_seconds: float
    month_microcents: Mapping[str, int]
    """By department."""


def families(books: Books) -> Iterator[Family]:
    """All families of the source `ledger`, in the order of `METRICS`."""
    yield COST.counter(_by_department(books.totals.accrued.departments).items())
    yield POOL_COST.counter(((pool,), _units(cost)) for pool, cost in books.totals.accrued.pools.items())
    yield CORRECTIONS.family(_by_department(books.totals.corrections.departments).items())
    yield CURRENCY.family([((books.currency,), 1)])
    yield CLOSED.family([(("costs",), books.closed_until_seconds), (("departments",), books.departments_until_seconds)])
    yield MONTH_COST.family(((label_of(code),), _units(cost)) for code, cost in books.month_microcents.items())


def label_of(department: str) -> str:
    """How a department is called in a label."""
    return PLATFORM_LABEL if department == PLATFORM else department


def _by_department(costs: Mapping[tuple[str, str, Component], int]) -> dict[tuple[str, ...], float]:
    return {
        (label_of(department), purpose or "none", component): _units(cost)
        for (department, purpose, component), cost in costs.items()
    }


def _units(microcents: int) -> float:
    return microcents / MICROCENTS
