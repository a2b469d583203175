"""A pool's hour, split."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.ledger.charge import Charge
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.prices import Amounts, half_up, worth
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.usage import PoolHour, Usage
from support.ledger import BASE, CENT, FREE, START, cost_by_line, held, hour, methods, pool_hours, price_list, usage

TWICE = price_list(1460, 2920, 730)


def test_a_pool_is_paid_by_those_who_hold_it():
    found = statement(
        hour(
            usage("tax", held(cores=4, memory_gib=2)),
            usage("roads", held(cores=2)),
            capacity=held(cores=10, memory_gib=4),
            platform=held(cores=1),
        )
    )
    assert found.pool_cost_microcents == 18 * CENT
    assert not found.overcommitted
    # Direct: tax 4 + 4, roads 2; platform 1; idle 3 cores and 2 GiB, which are 7. Shares go four to one.
    assert cost_by_line(found.charges) == {
        ("tax", "cpu"): 4 * CENT,
        ("tax", "memory"): 4 * CENT,
        ("tax", "platform_share"): 800_000,
        ("tax", "idle_share"): 5_600_000,
        ("roads", "cpu"): 2 * CENT,
        ("roads", "platform_share"): 200_000,
        ("roads", "idle_share"): 1_400_000,
    }


def test_a_line_says_all_that_is_known():
    (cpu, share) = statement(hour(usage("tax", held(cores=1)), capacity=held(cores=2))).charges
    assert cpu == Charge(
        start=START,
        pool="workers",
        department="tax",
        environment="tax-portal-test",
        product="portal",
        purpose="test",
        tier="standard",
        component="cpu",
        quantity=3_600_000,
        unit="mcore_seconds",
        list_microcents=CENT,
        cost_microcents=CENT,
        measured_ratio_permille=500,
        method="proportional",
    )
    assert share == replace(
        cpu, component="idle_share", quantity=0, unit="", list_microcents=0, measured_ratio_permille=0
    )


def test_a_dearer_tier_bears_more_of_a_full_pool_at_its_own_tariff():
    tax, roads = statement(
        hour(usage("tax", held(cores=1), prices=TWICE), usage("roads", held(cores=1)), capacity=held(cores=2))
    ).charges[::-1]
    assert (tax.list_microcents, tax.cost_microcents) == (2 * CENT, 1_333_333)
    assert (roads.list_microcents, roads.cost_microcents) == (CENT, 666_667)


def test_the_tariff_is_rounded_half_up():
    # At 13.14 a core and month a milli-core-second is worth half a micro-cent.
    prices = price_list(1314, 0, 0)
    listed = {}
    for quantity in (1, 2, 3):
        charges = statement(hour(usage("tax", Amounts(quantity), prices=prices), capacity=held(1))).charges
        (listed[quantity],) = (each.list_microcents for each in charges if each.component == "cpu")
    assert listed == {1: 1, 2: 1, 3: 2}


def test_more_held_than_there_is_leaves_no_idle_and_is_said():
    found = statement(hour(usage("tax", held(cores=3)), capacity=held(cores=2), platform=held(cores=1)))
    assert found.overcommitted
    assert cost_by_line(found.charges) == {("tax", "cpu"): 1_500_000, ("tax", "platform_share"): 500_000}


def test_one_resource_can_be_overcommitted_while_another_is_idle():
    found = statement(hour(usage("tax", held(cores=3)), capacity=held(cores=2, memory_gib=1)))
    assert found.overcommitted
    assert cost_by_line(found.charges) == {("tax", "cpu"): 2 * CENT, ("tax", "idle_share"): 2 * CENT}


def test_volumes_cost_what_is_provisioned():
    found = statement(
        hour(
            usage("tax", held(storage_gib=6)),
            usage("roads", held(storage_gib=2)),
            capacity=None,
            platform=held(storage_gib=4),
            pool="storage",
        )
    )
    assert found.pool_cost_microcents == 6 * CENT
    assert not found.overcommitted
    assert cost_by_line(found.charges) == {
        ("tax", "storage"): 3 * CENT,
        ("roads", "storage"): CENT,
        ("tax", "platform_share"): 1_500_000,
        ("roads", "platform_share"): 500_000,
    }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((hour(capacity=held(cores=2), platform=held(cores=1)), Method()), id="nobody is there"),
        pytest.param(
            (hour(usage("tax", held()), capacity=held(cores=2), platform=held(cores=1)), Method(kind="even")),
            id="nobody holds anything",
        ),
        pytest.param(
            (
                hour(usage("tax", held(cores=9), prices=FREE), capacity=held(cores=2), platform=held(cores=1)),
                Method(kind="fixed", weights={"roads": 1}),
            ),
            id="nobody with a weight is there",
        ),
    ],
)
def test_what_nobody_bears_stays_with_the_platform(case: tuple[PoolHour, Method]):
    found = statement(*case)
    costs = {line: cost for line, cost in cost_by_line(found.charges).items() if cost}
    assert {department for department, _ in costs} == {""}
    assert sum(costs.values()) == 2 * CENT


def test_what_is_free_for_all_who_hold_it_is_the_platforms():
    found = statement(hour(usage("tax", held(cores=2), prices=FREE), capacity=held(cores=2)))
    assert cost_by_line(found.charges) == {("tax", "cpu"): 0, ("", "platform_share"): 2 * CENT}
    assert [each.quantity for each in found.charges if each.component == "cpu"] == [7_200_000]


def test_methods_move_shares_and_nothing_else():
    given_hour = hour(usage("tax", held(cores=3)), usage("roads", held(cores=1)), capacity=held(cores=8))
    by_method = {
        each.id: cost_by_line(statement(given_hour, each).charges)
        for each in (Method(), Method(kind="even"), Method(kind="fixed", weights={"roads": 1}))
    }
    assert {key: (costs["tax", "cpu"], costs["roads", "cpu"]) for key, costs in by_method.items()} == dict.fromkeys(
        by_method, (3 * CENT, CENT)
    )
    assert {key: costs.get(("tax", "idle_share"), 0) for key, costs in by_method.items()} == {
        "proportional": 3 * CENT,
        "even": 2 * CENT,
        "fixed": 0,
    }


@given(pool_hours, methods)
def test_charges_sum_to_the_cost_of_the_pool(given_hour: PoolHour, method: Method):
    found = statement(given_hour, method)
    assert sum(each.cost_microcents for each in found.charges) == found.pool_cost_microcents
    assert found.pool_cost_microcents == half_up(worth(given_hour.base, given_hour.supply))
    assert min((each.cost_microcents for each in found.charges), default=0) >= 0


@given(pool_hours, methods)
def test_quantities_are_those_that_were_held(given_hour: PoolHour, method: Method):
    found = statement(given_hour, method)
    for index, resource in enumerate(("cpu", "memory", "storage")):
        charged = sum(each.quantity for each in found.charges if each.component == resource)
        assert charged == sum(each.amounts[index] for each in given_hour.usages)


@given(pool_hours, methods, st.randoms())
def test_the_order_of_usages_does_not_matter(given_hour: PoolHour, method: Method, random: st.DrawFn):
    shuffled = list(given_hour.usages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    assert statement(replace(given_hour, usages=tuple(shuffled)), method) == statement(given_hour, method)


@given(pool_hours, methods)
def test_a_line_stands_once(given_hour: PoolHour, method: Method):
    keys = [each.key for each in statement(given_hour, method).charges]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 3, 1, 7),  # noqa: DTZ001  # a naive moment is the case
        datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=8))),
        datetime(2026, 3, 1, 7, 30, tzinfo=UTC),
        datetime(2026, 3, 1, 7, 0, 0, 1, tzinfo=UTC),
    ],
)
def test_other_than_a_full_hour_in_utc_is_refused(start: datetime):
    with pytest.raises(ValueError, match=r"UTC|beginning of an hour"):
        hour(capacity=held(), start=start)


@pytest.mark.parametrize(
    ("usages", "changed"),
    [
        ((usage("tax", held(1)), usage("tax", held(2))), {}),
        ((usage("", held(1)),), {}),
        ((usage("tax", Amounts(-1)),), {}),
        ((replace(usage("tax", held(1)), measured_ratio_permille=1001),), {}),
        ((), {"platform": Amounts(0, -1)}),
        ((), {"capacity": Amounts(0, 0, -1)}),
        ((), {"coverage_permille": -1}),
    ],
)
def test_an_hour_that_cannot_be_is_refused(usages: tuple[Usage, ...], changed: dict[str, object]):
    with pytest.raises(ValueError, match="workers"):
        replace(hour(capacity=held(9)), usages=usages, **changed)


def test_the_base_price_decides_what_a_pool_costs():
    assert statement(hour(capacity=held(cores=1), base=TWICE)).pool_cost_microcents == 2 * CENT
    assert statement(hour(capacity=held(cores=1), base=FREE)).charges == ()
    assert statement(hour(capacity=held(cores=1), base=BASE)).coverage_permille == 1000
