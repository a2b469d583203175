"""A month's lines as sums: nothing is lost, whatever they are grouped by."""

from dataclasses import replace

from hypothesis import given

from govcloud_cli.usage.report_sums import Row, figures, narrowed
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import COMPONENTS
from support import months
from support.months import UNIT, line, month


@given(found=months.months)
def test_every_grouping_has_the_sum_of_all_lines(found: Month):
    sums = figures(found)
    cost = sum(each.cost_microcents for each in found.lines)
    tariff = sum(each.list_microcents for each in found.lines)
    for rows in ([sums.total], sums.departments, sums.environments, [pool.lines for pool in sums.pools]):
        assert sum(row.cost_microcents for row in rows) == cost
        assert sum(row.direct_microcents + row.shares_microcents for row in rows) == cost
        assert sum(row.list_microcents for row in rows) == tariff
    assert [pool.difference_microcents for pool in sums.pools] == [0] * len(sums.pools)


@given(found=months.months)
def test_departments_one_by_one_are_the_whole(found: Month):
    whole = figures(found)
    apart = [figures(found, row.department) for row in whole.departments]
    assert [each.departments for each in apart] == [(row,) for row in whole.departments]
    assert sum(each.total.cost_microcents for each in apart) == whole.total.cost_microcents
    assert sum(len(each.environments) for each in apart) == len(whole.environments)
    assert all(each.whole == whole.total and each.pools == whole.pools for each in apart)


def test_a_row_holds_costs_quantities_and_tariff_by_component():
    lines = [line("tax", "cpu", 5), line("tax", "memory", 7), line("tax", "idle_share", 2, environment="tax-b")]
    row = figures(month(lines)).total
    assert [row.costs[component] for component in COMPONENTS] == [5, 7, 0, 0, 2]
    assert (row.quantities["cpu"], row.quantities["memory"]) == (15, 21)
    assert (row.cost_microcents, row.direct_microcents, row.shares_microcents, row.list_microcents) == (14, 12, 2, 28)
    assert row.environments == 2


def test_the_dearest_come_first_and_environments_stay_with_their_department():
    lines = [
        line("tax", "cpu", 10, environment="tax-a"),
        line("roads", "cpu", 9, environment="roads-a"),
        line("roads", "cpu", 12, environment="roads-b"),
        line("", "idle_share", 1),
    ]
    found = figures(month(lines))
    assert codes(found.departments) == ["roads", "tax", ""]
    assert [row.environment for row in found.environments] == ["roads-b", "roads-a", "tax-a", ""]
    assert (found.borne_by, found.total.environments) == (2, 3)


def test_an_environment_that_changed_its_tier_has_a_row_for_each():
    lines = [line("tax", "cpu", 1), line("tax", "cpu", 2, tier="critical")]
    assert [row.tier for row in figures(month(lines)).environments] == ["critical", "standard"]
    assert figures(month(lines)).total.environments == 1


def test_one_department_keeps_what_the_pools_cost():
    whole = month([line("tax", "cpu", 10), line("roads", "cpu", 30)])
    part = narrowed(whole, "tax")
    assert [each.department for each in (*part.lines, *part.days)] == ["tax", "tax"]
    assert part.pools == {"workers": 40}
    assert narrowed(whole, None) is whole


def test_a_department_without_lines_has_nothing():
    found = figures(month([line("tax", "cpu", UNIT)]), "nobody")
    assert (found.departments, found.total.cost_microcents, found.whole.cost_microcents) == ((), 0, UNIT)


def test_pools_know_their_hours_and_what_their_lines_lack():
    lines = [line("tax", "cpu", 10), line("tax", "storage", 4, pool="storage")]
    found = figures(replace(month(lines), pools={"workers": 11, "gpu": 3}, closed_hours={"workers": 7}))
    known = {pool.name: (pool.cost_microcents, pool.difference_microcents, pool.closed_hours) for pool in found.pools}
    assert known == {"gpu": (3, -3, 0), "storage": (0, 4, 0), "workers": (11, -1, 7)}


def codes(rows: tuple[Row, ...]) -> list[str]:
    return [row.department for row in rows]
