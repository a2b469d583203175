"""A closed hour is corrected by differences."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from govcloud_monitoring.ledger.charge import Charge
from govcloud_monitoring.ledger.correction import correct
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.usage import PoolHour
from support.ledger import CENT, cost_by_line, held, hour, methods, pool_hours, usage

CLOSED = statement(hour(usage("tax", held(cores=1)), capacity=held(cores=2)))


def sums(charges: tuple[Charge, ...]) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """Quantity, list and cost of every line that is not zero in all of them."""
    found: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for each in charges:
        quantity, listed, cost = found.get(each.key, (0, 0, 0))
        total = (quantity + each.quantity, listed + each.list_microcents, cost + each.cost_microcents)
        found[each.key] = total
    return {key: total for key, total in found.items() if any(total)}


def test_late_usage_of_another_department_moves_cost_and_adds_none():
    late = statement(hour(usage("tax", held(cores=1)), usage("roads", held(cores=1)), capacity=held(cores=2)))
    rows = correct(CLOSED.charges, late)
    assert cost_by_line(rows) == {("tax", "idle_share"): -CENT, ("roads", "cpu"): CENT}
    assert {each.revision for each in rows} == {1}
    assert [each.quantity for each in rows if each.component == "cpu"] == [3_600_000]


def test_a_larger_pool_adds_the_difference():
    rows = correct(CLOSED.charges, statement(hour(usage("tax", held(cores=1)), capacity=held(cores=5))))
    assert cost_by_line(rows) == {("tax", "idle_share"): 3 * CENT}


def test_a_department_that_was_charged_by_mistake_gets_all_back():
    rows = correct(CLOSED.charges, statement(hour(usage("roads", held(cores=1)), capacity=held(cores=2))))
    assert {each.department: each.quantity for each in rows if each.component == "cpu"} == {
        "tax": -3_600_000,
        "roads": 3_600_000,
    }
    assert sum(each.cost_microcents for each in rows) == 0


def test_what_is_right_already_needs_no_rows():
    assert correct(CLOSED.charges, CLOSED) == ()


def test_a_row_carries_the_method_of_the_new_statement():
    given_hour = hour(usage("tax", held(cores=1)), usage("roads", held(cores=3)), capacity=held(cores=8))
    before = statement(given_hour)
    rows = correct(before.charges, statement(given_hour, Method(kind="even", label="2026")))
    assert {each.method for each in rows} == {"even:2026"}
    assert cost_by_line(rows) == {("tax", "idle_share"): CENT, ("roads", "idle_share"): -CENT}
    gone = correct(before.charges, statement(hour(capacity=held(cores=8)), Method(kind="even", label="2026")))
    assert {each.method for each in gone} == {"even:2026"}


def test_a_row_says_how_much_of_the_new_statement_was_measured():
    better = replace(usage("tax", held(cores=2)), measured_ratio_permille=900)
    rows = correct(CLOSED.charges, statement(hour(better, capacity=held(cores=2))))
    assert {each.component: each.measured_ratio_permille for each in rows} == {"cpu": 900, "idle_share": 0}


@given(pool_hours, methods, pool_hours, methods, pool_hours)
def test_corrections_conserve_however_often(
    first: PoolHour, method: Method, second: PoolHour, other_method: Method, third: PoolHour
):
    ledger = statement(first, method).charges
    for count, after in enumerate([statement(second, other_method), statement(third, method)], 1):
        rows = correct(ledger, after)
        assert {each.revision for each in rows} <= {count, count - 1} - {0}
        ledger += rows
        assert sums(ledger) == sums(after.charges)
        assert sum(each.cost_microcents for each in ledger) == after.pool_cost_microcents


@pytest.mark.parametrize("changed", [{"pool": "gpu"}, {"start": CLOSED.start + timedelta(hours=1)}])
def test_another_hour_or_pool_is_refused(changed: dict[str, object]):
    with pytest.raises(ValueError, match="cannot be corrected"):
        correct(CLOSED.charges, replace(CLOSED, **changed))
