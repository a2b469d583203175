"""The accountant on a real Prometheus with a past and a real ledger: hours are closed, once, and add up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_monitoring import prometheus
from govcloud_monitoring.accountant import days
from govcloud_monitoring.accountant.closing import Accountant
from govcloud_monitoring.accountant.departments import Departments
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.store import session
from support import history, ledger_database
from support.accounting import Tiers
from support.ledger_database import WRITER
from support.promtool import Promtool

HOUR = timedelta(hours=1)
BEGAN = datetime(2026, 11, 3, 10, tzinfo=UTC)
NOW = BEGAN + 3 * HOUR + timedelta(minutes=30)
"""Three whole hours, the last of them just ended long enough ago, and half of a fourth."""
GI = 1 << 30


def past() -> str:
    """Tax and roads on one pool since `BEGAN`; nobody watched in the second half of the second hour."""

    def always(value: float) -> history.Curve:
        def curve(moment: datetime) -> float | None:
            gap = BEGAN + 1.5 * HOUR < moment <= BEGAN + 2 * HOUR
            return None if gap else value

        return curve

    def series(name: str, value: float, **labels: str) -> None:
        curves[name, tuple(sorted(labels.items()))] = always(value)

    curves: dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve] = {}
    series("cluster:govcloud_pool_cpu_allocatable_cores:sum", 10)
    series("pool:govcloud_pool_cpu_allocatable_cores:max", 10, pool="workers")
    series("pool:govcloud_pool_memory_allocatable_bytes:max", 40 * GI, pool="workers")
    series("pool:govcloud_platform_cpu_requested_cores:max", 1, pool="workers")
    for name, tier, cores in (("tax", "standard", 2.0), ("roads", "critical", 1.5)):
        namespace, place = f"{name}-a-test", {"namespace": f"{name}-a-test", "pool": "workers"}
        owner = {"department": name, "project": "a", "purpose": "test", "tier": tier}
        series("govcloud_namespace_owner_info", 1, namespace=namespace, **owner)
        series("namespace_pool:charged_cpu_cores:max", cores, **place)
        series("namespace_pool:charged_memory_bytes:max", 4 * GI, **place)
        series("namespace:charged_storage_bytes:max", 10 * GI, namespace=namespace)
    return history.text(curves, BEGAN + timedelta(seconds=30), NOW, timedelta(seconds=30))


@pytest.fixture(scope="module")
def address(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("past")
    with history.prometheus(prometheus, promtool.path, folder, past()) as url:
        yield url


@pytest.fixture
def tiers() -> Tiers:
    return Tiers()


@pytest.fixture
def office(address: str, tiers: Tiers) -> Iterator[Office]:
    """With an empty ledger."""
    with ledger_database.server() as server:
        yield Office(
            options=Settings(), cluster=tiers, ask=prometheus.direct(address),
            opened=lambda: session(server.place(WRITER)),
        )  # fmt: skip


def test_every_hour_that_was_seen_is_closed_once_and_adds_up(office: Office):
    accountant = Accountant(office.ask)
    assert office.work(accountant, NOW) == 6
    assert office.work(accountant, NOW) == 0
    assert office.work(Accountant(office.ask), NOW) == 0  # another one, after a restart
    with office.opened() as ledger:
        assert ledger.hours(date(2026, 11, 1)) == {"storage": 3, "workers": 3}
        charges = ledger.charges("workers", BEGAN)
        second = ledger.charges("workers", BEGAN + HOUR)
    # 10 cores at 1 cent and 40 GiB at 0.2 cents an hour.
    assert sum(charge.cost_microcents for charge in charges) == 18_000_000
    listed = {(c.department, c.component): c.list_microcents for c in charges if c.list_microcents}
    assert listed["tax", "cpu"] == 2_000_000
    assert listed["roads", "cpu"] == 3_000_000
    # Half of the second hour was not watched: it costs what the half that was seen says.
    assert {c.key: c.cost_microcents for c in second} == {c.key: c.cost_microcents for c in charges}


def test_a_clock_that_jumps_closes_nothing_that_has_not_ended_and_nothing_twice(office: Office):
    accountant = Accountant(office.ask)
    assert office.work(accountant, NOW + timedelta(days=1)) == 0
    assert office.work(accountant, NOW) == 6
    assert office.work(accountant, NOW - timedelta(days=1)) == 0
    assert office.work(accountant, NOW) == 0


def test_a_month_shows_what_is_closed_and_what_has_run_up_since(office: Office):
    office.work(Accountant(office.ask), NOW)
    month = office.month(date(2026, 11, 1), NOW)
    assert (month.closed_until, month.until) == (BEGAN + 3 * HOUR, NOW)
    assert month.pools == {"storage": 7_000_000, "workers": 63_000_000}  # three hours and a half
    assert sum(line.cost_microcents for line in month.lines) == sum(month.pools.values())
    assert sum(day.cost_microcents for day in month.days) == sum(month.pools.values())
    assert {day.day for day in month.days} == {date(2026, 11, 3)}


def test_before_anything_is_closed_a_month_is_provisional(office: Office):
    month = office.month(date(2026, 11, 1), BEGAN + timedelta(minutes=30))
    assert month.closed_until is None
    assert month.pools["workers"] == 9_000_000


def test_another_month_is_empty(office: Office):
    office.work(Accountant(office.ask), NOW)
    for first in (date(2026, 10, 1), date(2026, 12, 1)):
        assert office.month(first, NOW).lines == ()


def test_without_prices_nothing_is_closed_and_later_all_of_it(office: Office, tiers: Tiers):
    tiers.missing = True
    with pytest.raises(ApiUnavailable):
        office.work(Accountant(office.ask), NOW)
    tiers.missing = False
    assert office.work(Accountant(office.ask), NOW) == 6


def test_a_base_tier_that_does_not_exist_is_named(address: str, tiers: Tiers):
    options = Settings(base_tier="gold")
    lost = Office(options=options, cluster=tiers, ask=prometheus.direct(address), opened=lambda: session(NOWHERE))
    with pytest.raises(NotReady, match="ServiceTier gold"):
        lost.tariff()


NOWHERE = ledger_database.Server(root=Path("/nonexistent")).place()


def test_a_ledger_that_is_away_is_told_and_nothing_is_lost(address: str, tiers: Tiers):
    with ledger_database.server() as server:
        office = Office(
            options=Settings(), cluster=tiers, ask=prometheus.direct(address),
            opened=lambda: session(server.place(WRITER)),
        )  # fmt: skip
        accountant = Accountant(office.ask)
        server.stop()
        with pytest.raises(NotReady):
            office.work(accountant, NOW)
        server.start()
        assert office.work(accountant, NOW) == 6
        server.stop()  # the power goes
        server.start()
        assert office.books(NOW).closed_until_seconds == (BEGAN + 3 * HOUR).timestamp()
        assert sum(office.books(NOW).totals.accrued.pools.values()) == 60_000_000


def test_what_departments_may_spend_and_have_spent_this_month(office: Office):
    office.work(Accountant(office.ask), NOW)
    assert office.departments(NOW) == Departments(
        budgets={"tax": 150}, weights={"tax": 3, "roads": 1}, environments={("tax", "later"): 1}
    )
    spent = office.books(NOW).month_microcents
    assert set(spent) == {"tax", "roads"}
    assert sum(spent.values()) == 60_000_000
    assert office.books(NOW) is office.books(NOW)  # nothing was written meanwhile
    assert office.books(NOW + timedelta(days=30)).month_microcents == {}


def test_closed_days_hold_what_is_final_and_nothing_else(office: Office):
    office.work(Accountant(office.ask), NOW)
    found = office.days(date(2026, 11, 1))
    assert {(line.day, line.correction) for line in found.lines} == {(date(2026, 11, 3), False)}
    assert sum(line.cost_microcents for line in found.lines) == 60_000_000
    assert found.department_names == {"tax": "tax", "roads": "roads"}
    assert days.parse(json.dumps(found.plain()).encode()) == found
