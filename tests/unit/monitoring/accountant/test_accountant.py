"""From what Prometheus recorded to closed hours: amounts, owners, gaps, and nothing charged twice or lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import ApiUnavailable, Conflict
from govcloud_monitoring.accountant.closing import Accountant, Tariff, due, statements
from govcloud_monitoring.accountant.evidence.owning import Owner
from govcloud_monitoring.accountant.evidence.questions import Observed, observe
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.hours import STORAGE_POOL, PriceList
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.prices import Prices
from govcloud_monitoring.ledger.shares import PROPORTIONAL
from govcloud_monitoring.prometheus import AskAt, Sample, Vector

START = datetime(2026, 11, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHOLE = Stretch(start=START, end=START + HOUR)
STANDARD = Prices(cpu_core_cents=1460, memory_gib_cents=146, storage_gib_cents=73)
TARIFF = Tariff(prices=PriceList({"standard": STANDARD}, STANDARD), method=PROPORTIONAL)
OBSERVED = "cluster:govcloud_pool_cpu_allocatable_cores:sum"
GI = 1 << 30
Series = Mapping[tuple[str, tuple[tuple[str, str], ...]], tuple[int, float]]
"""By name and labels: how many samples there are in the hour, and the value of each."""


def series(name: str, samples: int, value: float, **labels: str) -> dict[object, tuple[int, float]]:
    return {(name, tuple(sorted(labels.items()))): (samples, value)}


def prometheus(known: Series, *, gone: frozenset[str] = frozenset(), silent: int = 0) -> AskAt:
    """One that recorded these, and goes on; what is in `gone` has no value at the end any more.

    Tax runs on two machines, roads on the first of them; the second was silent for so many samples of the hour.
    """

    def kubelets(expression: str) -> Vector:
        if "count by (namespace, node)" in expression:
            places = (("tax-a-test", "a"), ("tax-a-test", "b"), ("roads-a-test", "a"))
            return tuple(Sample({"namespace": name, "node": node}, 1) for name, node in places)
        told = 120 - silent if "resource_scrape_error" in expression else 120
        return (Sample({"node": "a"}, 120), Sample({"node": "b"}, told))

    def ask(expression: str, at: datetime) -> Vector:
        if "kubelet-resource" in expression:
            return kubelets(expression)
        if expression == f"timestamp({OBSERVED})":
            return (Sample({}, at.timestamp()),)
        found = re.fullmatch(r"(?:(\w+)_over_time\()?([\w:]+)(?:\[(\d+)[sd]\]\))?", expression)
        assert found, expression
        function, name, _ = found.groups()
        of_name = {labels: each for (series_name, labels), each in known.items() if series_name == name}
        if function is None:
            of_name = {labels: each for labels, each in of_name.items() if dict(labels).get("namespace") not in gone}
        values = {
            labels: {"count": count, "sum": count * value}.get(function, value)
            for labels, (count, value) in of_name.items()
        }
        return tuple(Sample(dict(labels), value) for labels, value in values.items())

    return ask


def since(first: datetime, always: AskAt) -> AskAt:
    """One that began at `first`."""
    return lambda expression, at: always(expression, at) if at > first else ()


def world(samples: int = 120, **more: float) -> dict[object, tuple[int, float]]:
    """Two environments on one pool of 16 cores and 64 GiB, all in the same number of samples."""
    found = series(OBSERVED, samples, 16)
    for name, department, cores in (("tax-a-test", "tax", 2.0), ("roads-a-test", "roads", 1.5)):
        place = {"namespace": name, "pool": "workers"}
        owner = {"department": department, "project": "a", "purpose": "test", "tier": "standard"}
        found |= series("namespace_pool:charged_cpu_cores:max", samples, cores, **place)
        found |= series("namespace_pool:charged_memory_bytes:max", samples, 4 * GI, **place)
        found |= series("namespace:charged_storage_bytes:max", samples, 10 * GI, namespace=name)
        found |= series("namespace:container_cpu_usage_seconds:rate5m", samples // 2, 0.1, namespace=name)
        found |= series("govcloud_namespace_owner_info", samples, 1, namespace=name, **owner)
    found |= series("pool:govcloud_platform_cpu_requested_cores:max", samples, 1, pool="workers")
    found |= series("pool:govcloud_platform_memory_requested_bytes:max", samples, 2 * GI, pool="workers")
    found |= series("pool:govcloud_pool_cpu_allocatable_cores:max", samples, 16, pool="workers")
    found |= series("pool:govcloud_pool_memory_allocatable_bytes:max", samples, 64 * GI, pool="workers")
    return found


def test_amounts_of_a_whole_hour_are_exact_integers():
    found = observe(WHOLE, prometheus(world()))
    assert found.coverage_permille == 1000
    assert found.charged_cpu == {("tax-a-test", "workers"): 2000 * 3600, ("roads-a-test", "workers"): 1500 * 3600}
    assert found.charged_memory["tax-a-test", "workers"] == 4096 * 3600
    assert found.storage == {"tax-a-test": 10240 * 3600, "roads-a-test": 10240 * 3600}
    assert found.capacity_cpu == {"workers": 16000 * 3600}
    assert found.owners["tax-a-test"] == Owner("tax", "a", "test", "standard")
    assert found.measured_permille["tax-a-test"] == 500


def test_a_charge_tells_of_a_kubelet_that_was_silent():
    """Tax still has samples, of its other machine."""
    whole = world()
    for name in ("tax-a-test", "roads-a-test"):
        whole |= series("namespace:container_cpu_usage_seconds:rate5m", 120, 0.1, namespace=name)
    assert observe(WHOLE, prometheus(whole)).measured_permille == {"tax-a-test": 1000, "roads-a-test": 1000}
    assert observe(WHOLE, prometheus(whole, silent=60)).measured_permille == {"tax-a-test": 750, "roads-a-test": 750}
    found = observe(WHOLE, prometheus(whole, silent=120))
    assert found.measured_permille == {"tax-a-test": 500, "roads-a-test": 500}
    assert found.charged_cpu == observe(WHOLE, prometheus(whole)).charged_cpu


def test_a_pause_of_the_observer_neither_forgives_nor_charges():
    half = observe(WHOLE, prometheus(world(60)))
    assert half.coverage_permille == 500
    assert half.charged_cpu == observe(WHOLE, prometheus(world(120))).charged_cpu


def test_what_was_before_the_cloud_is_no_gap():
    began = since(START, prometheus(world(60)))
    first, later = observe(WHOLE, began), observe(Stretch(start=START + HOUR, end=START + 2 * HOUR), began)
    assert first.coverage_permille == later.coverage_permille == 500
    assert first.charged_cpu["tax-a-test", "workers"] == 2000 * 1800
    assert first.capacity_cpu == {"workers": 16000 * 1800}
    assert later.charged_cpu["tax-a-test", "workers"] == 2000 * 3600


def test_an_environment_that_lived_for_half_of_the_hour_pays_for_half():
    known = world() | series("namespace_pool:charged_cpu_cores:max", 60, 2.0, namespace="tax-a-test", pool="workers")
    assert observe(WHOLE, prometheus(known)).charged_cpu["tax-a-test", "workers"] == 2000 * 1800


def test_an_environment_that_is_gone_at_the_end_keeps_its_owner():
    found = observe(WHOLE, prometheus(world(), gone=frozenset({"tax-a-test"})))
    assert found.owners["tax-a-test"].department == "tax"


def transferred(held: Mapping[str, float]) -> AskAt:
    """Tax had its environment for a part of the hour, health has it now; `held` is by department, of every resource."""
    later = {"namespace": "tax-a-test", "department": "health", "project": "a", "purpose": "test", "tier": "critical"}
    known = world() | series("govcloud_namespace_owner_info", 10, 1, **later)

    def ask(expression: str, at: datetime) -> Vector:
        if "group_left" in expression:
            place = {"namespace": "tax-a-test", "project": "a", "purpose": "test"}
            place |= {"pool": "workers"} if "namespace_pool" in expression else {}
            tiers = {"tax": "standard", "health": "critical"}
            owners = ({**place, "department": name, "tier": tiers[name]} for name in held)
            return tuple(Sample(owner, held[owner["department"]]) for owner in owners)
        found = prometheus(known)(expression, at)
        now = expression == "govcloud_namespace_owner_info"
        return tuple(sample for sample in found if not (now and sample.labels["department"] == "tax"))

    return ask


def test_who_owned_it_is_charged_for_what_it_held_before_a_transfer_and_after_it():
    ask = transferred({"tax": 40.0, "health": 160.0})
    found = {each.pool: each for each in statements(observe(WHOLE, ask), TARIFF)}
    cpu = {each.department: each for each in found["workers"].charges if each.component == "cpu"}
    assert {name: each.quantity for name, each in cpu.items()} == {
        "tax": 2000 * 720, "health": 2000 * 2880, "roads": 1500 * 3600,
    }  # fmt: skip
    assert (cpu["tax"].environment, cpu["tax"].tier, cpu["health"].tier) == ("tax-a-test", "standard", "critical")
    storage = {each.department: each.quantity for each in found[STORAGE_POOL].charges if each.quantity}
    assert storage == {"tax": 10240 * 720, "health": 10240 * 2880, "roads": 10240 * 3600}


@given(tax=st.floats(0, 1e6), health=st.floats(0, 1e6))
def test_a_transfer_changes_no_sum(tax: float, health: float):
    whole = statements(observe(WHOLE, prometheus(world())), TARIFF)
    found = statements(observe(WHOLE, transferred({"tax": tax, "health": health})), TARIFF)
    for before, after in zip(whole, found, strict=True):
        assert sum(each.cost_microcents for each in after.charges) == after.pool_cost_microcents
        assert after.pool_cost_microcents == before.pool_cost_microcents
        for component in ("cpu", "memory", "storage"):
            amounts = [sum(c.quantity for c in of.charges if c.component == component) for of in (before, after)]
            assert amounts[0] == amounts[1]


def test_where_nobody_is_known_to_have_held_anything_the_last_owner_did():
    observed = observe(WHOLE, transferred({}))
    assert observed.owners["tax-a-test"].department == "health"
    [workers, _] = statements(observed, TARIFF)
    assert {each.department for each in workers.charges} == {"health", "roads"}


def test_what_nobody_saw_is_not_charged():
    assert statements(observe(WHOLE, prometheus({})), TARIFF) == ()


def test_the_pools_cost_is_split_to_the_last_microcent():
    found = {each.pool: each for each in statements(observe(WHOLE, prometheus(world())), TARIFF)}
    assert set(found) == {"workers", STORAGE_POOL}
    for statement in found.values():
        assert sum(charge.cost_microcents for charge in statement.charges) == statement.pool_cost_microcents
    # 16 cores at 2 cents an hour and 64 GiB at 0.2 cents an hour; volumes cost what is provisioned.
    assert found["workers"].pool_cost_microcents == (32 + 12.8) * 1_000_000
    assert found[STORAGE_POOL].pool_cost_microcents == 2 * 1_000_000
    charged = {(c.department, c.component): c.list_microcents for c in found["workers"].charges if c.list_microcents}
    assert charged["tax", "cpu"] == 4_000_000
    assert charged["roads", "cpu"] == 3_000_000


def test_what_has_no_owner_counts_as_the_platforms():
    place = {"namespace": "stray", "pool": "workers"}
    known = world() | series("namespace_pool:charged_cpu_cores:max", 120, 3.0, **place)
    [workers, _] = statements(observe(WHOLE, prometheus(known)), TARIFF)
    assert {charge.environment for charge in workers.charges} == {"tax-a-test", "roads-a-test"}
    assert sum(charge.cost_microcents for charge in workers.charges) == workers.pool_cost_microcents


def test_a_tier_without_prices_pays_the_base_price():
    owners = {"x": Owner("tax", "a", "test", "unheard-of")}
    seen = Observed(
        stretch=WHOLE, coverage_permille=1000, owners=owners, charged_cpu={("x", "workers"): 3_600_000},
        capacity_cpu={"workers": 3_600_000}, capacity_memory={"workers": 0},
    )  # fmt: skip
    [workers, _] = statements(seen, TARIFF)
    assert [charge.list_microcents for charge in workers.charges] == [2_000_000]


@given(
    minutes=st.integers(0, 60 * 24 * 20),
    newest_hours_ago=st.one_of(st.none(), st.integers(0, 500)),
)
def test_due_hours_have_ended_are_in_order_and_within_memory(minutes: int, newest_hours_ago: int | None):
    now = START + timedelta(minutes=minutes)
    newest = None if newest_hours_ago is None else START - timedelta(hours=newest_hours_ago)
    found = list(due(now, newest))
    assert found == sorted(found)
    assert all(start + HOUR <= now and now - start <= timedelta(days=14) for start in found)
    assert all(start.minute == 0 for start in found)
    if newest is not None and found:
        assert found[0] >= newest


class Book:
    """A ledger in memory: an hour of a pool once."""

    def __init__(self) -> None:
        self.hours: dict[tuple[datetime, str], Statement] = {}

    def newest(self) -> datetime | None:
        return max((start for start, _ in self.hours), default=None)

    def close_hour(self, statement: Statement) -> None:
        key = statement.start, statement.pool
        if key in self.hours:
            raise Conflict(f"{key} is closed")
        self.hours[key] = statement


NOW = START + timedelta(hours=3, minutes=30)


def test_every_hour_since_the_beginning_is_closed_once():
    book, ask = Book(), since(START, prometheus(world()))
    accountant = Accountant(ask)
    assert accountant.round(NOW, book, TARIFF) == 6
    assert {start for start, _ in book.hours} == {START, START + HOUR, START + 2 * HOUR}
    assert accountant.round(NOW + timedelta(minutes=1), book, TARIFF) == 0
    assert Accountant(ask).round(NOW, book, TARIFF) == 0
    assert accountant.round(NOW + HOUR, book, TARIFF) == 2


def test_an_hour_of_which_one_pool_is_missing_is_completed():
    book, ask = Book(), since(START, prometheus(world()))
    Accountant(ask).round(NOW, book, TARIFF)
    del book.hours[START + 2 * HOUR, STORAGE_POOL]
    assert Accountant(ask).round(NOW, book, TARIFF) == 1


def test_while_prometheus_is_away_nothing_is_skipped():
    book, away = Book(), {START + 2 * HOUR}
    whole = since(START, prometheus(world()))

    def ask(expression: str, at: datetime) -> Vector:
        if at in away:
            raise ApiUnavailable("Prometheus is away")
        return whole(expression, at)

    accountant = Accountant(ask)
    with pytest.raises(ApiUnavailable):
        accountant.round(NOW, book, TARIFF)
    assert {start for start, _ in book.hours} == {START}
    away.clear()
    accountant.round(NOW, book, TARIFF)
    assert {start for start, _ in book.hours} == {START, START + HOUR, START + 2 * HOUR}


def test_a_clock_that_is_ahead_closes_nothing_that_has_not_ended():
    book, always = Book(), since(START, prometheus(world()))

    def ask(expression: str, at: datetime) -> Vector:
        """Nothing is seen before it happens."""
        return always(expression, at) if at <= NOW + timedelta(minutes=5) else ()

    accountant = Accountant(ask)
    assert accountant.round(NOW + timedelta(days=2), book, TARIFF) == 0
    assert accountant.round(NOW, book, TARIFF) == 6
    assert accountant.round(NOW - timedelta(days=2), book, TARIFF) == 0
    later = Accountant(always)
    assert later.round(NOW + HOUR, book, TARIFF) == 2


def test_an_hour_whose_end_nobody_saw_waits_until_somebody_sees():
    book, always, seen = Book(), since(START, prometheus(world())), START + HOUR - timedelta(minutes=1)

    def ask(expression: str, at: datetime) -> Vector:
        return (Sample({}, seen.timestamp()),) if expression.startswith("timestamp") else always(expression, at)

    accountant = Accountant(ask)
    assert accountant.round(START + HOUR + timedelta(minutes=6), book, TARIFF) == 0
    seen = START + HOUR + timedelta(minutes=20)
    assert accountant.round(seen, book, TARIFF) == 2
