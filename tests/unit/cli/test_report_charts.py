"""The charts of a report: places and sizes are those of the amounts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_cli.usage import report_charts as charts
from govcloud_cli.usage.report_stack import Axis, axis_of, pieces, with_ticks
from govcloud_cli.usage.report_sums import figures
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.sums import DayCost
from support import months
from support.months import FIRST, UNIT, line, month

STACKS = st.lists(st.lists(st.integers(-(10**14), 10**14), max_size=6), max_size=6)


def named(stack: list[int]) -> dict[str, int]:
    return {f"k{number}": amount for number, amount in enumerate(stack)}


@given(stacks=STACKS)
def test_every_piece_is_as_long_as_its_amount_and_lies_on_the_axis(stacks: list[list[int]]):
    axis = axis_of(stacks)
    per_percent = (axis.high - axis.low) / 100
    for stack in stacks:
        found = pieces(named(stack), axis)
        assert [piece.microcents for piece in found] == [amount for amount in stack if amount]
        for piece in found:
            start, size = float(piece.start), float(piece.size)
            assert size == pytest.approx(abs(piece.microcents) / per_percent, abs=1e-4)
            assert -1e-4 <= start <= start + size <= 100 + 2e-4


@given(stack=st.lists(st.integers(-1000, 1000), min_size=1, max_size=6))
def test_pieces_stand_end_to_end_from_zero_to_both_sides(stack: list[int]):
    axis = Axis(low=-10_000, high=10_000)
    ends: dict[bool, float] = {True: 50.0, False: 50.0}
    for piece in pieces(named(stack), axis):
        start, end = float(piece.start), float(piece.start) + float(piece.size)
        near, far = (start, end) if piece.microcents > 0 else (end, start)
        assert near == pytest.approx(ends[piece.microcents > 0], abs=1e-3)
        ends[piece.microcents > 0] = far


@given(stacks=STACKS)
def test_lines_across_a_chart_are_round_few_and_hold_every_stack(stacks: list[list[int]]):
    axis, ticks = with_ticks(stacks)
    for stack in stacks:
        assert axis.low <= sum(min(amount, 0) for amount in stack)
        assert sum(max(amount, 0) for amount in stack) <= axis.high
    if not any(amount for stack in stacks for amount in stack):
        assert ticks == ()
        return
    labels = [float(tick.label) for tick in ticks]
    assert 2 <= len(ticks) <= 8
    assert (labels[0] * UNIT, labels[-1] * UNIT) == pytest.approx((axis.low, axis.high))
    step = f"{labels[1] - labels[0]:.8f}".strip("0.").rstrip("0.")
    assert step in {"1", "2", "5"}
    assert 0 in labels


def test_a_bar_for_each_of_the_dearest_departments():
    lines = [line(f"d{number:02d}", "cpu", (number + 1) * UNIT) for number in range(30)]
    found = charts.by_department(figures(month(lines)))
    assert [bar.row.department for bar in found.bars] == [f"d{number:02d}" for number in range(29, 5, -1)]
    assert (found.left_out, found.left_out_microcents) == (6, 21 * UNIT)
    assert [float(bar.pieces[0].size) for bar in found.bars[:2]] == pytest.approx([100, 100 * 29 / 30], abs=1e-4)


def test_the_dearest_have_colours_of_their_own_and_the_rest_shares_one():
    lines = [line(f"d{number:02d}", "cpu", (number + 1) * UNIT) for number in range(10)]
    found = charts.by_day(figures(month(lines)))
    assert [(each.kind, each.label, each.microcents // UNIT) for each in found.series] == [
        *((f"d{place}", f"d{10 - place:02d}", 11 - place) for place in range(1, 9)),
        ("others", "2 others", 3),
    ]


def test_one_department_is_drawn_by_component():
    lines = [line("tax", "memory", 2), line("tax", "cpu", 1), line("roads", "cpu", 5)]
    found = charts.by_day(figures(month(lines), "tax"))
    assert [(each.kind, each.label, each.microcents) for each in found.series] == [
        ("cpu", "CPU", 1),
        ("memory", "Memory", 2),
    ]
    assert found.label_of("memory") == "Memory"


@given(found=months.months)
def test_columns_are_the_days_of_the_month_and_sum_to_it(found: Month):
    drawn = charts.by_day(figures(found))
    assert [column.day for column in drawn.columns] == [FIRST + timedelta(days=number) for number in range(30)]
    assert sum(column.microcents for column in drawn.columns) == sum(each.cost_microcents for each in found.lines)
    assert sum(each.microcents for each in drawn.series) == sum(each.cost_microcents for each in found.lines)


@pytest.mark.parametrize(
    ("closed_until", "provisional_from"),
    [
        (None, 1),
        (datetime(2025, 11, 3, tzinfo=UTC), 3),
        (datetime(2025, 11, 3, 1, tzinfo=UTC), 3),
        (datetime(2025, 12, 1, tzinfo=UTC), 31),
    ],
)
def test_a_day_is_provisional_until_its_last_hour_is_closed(closed_until: datetime | None, provisional_from: int):
    found = replace(month([line("tax", "cpu", 1)]), closed_until=closed_until)
    columns = charts.by_day(figures(found)).columns
    assert [column.day.day for column in columns if column.provisional] == list(range(provisional_from, 31))


def test_a_correction_hangs_below_zero():
    days = (DayCost(day=date(2025, 11, 2), department="tax", component="cpu", cost_microcents=-30 * UNIT),)
    found = replace(month([line("tax", "cpu", -30 * UNIT)]), days=days)
    drawn = charts.by_day(figures(found))
    assert [tick.label for tick in drawn.ticks] == ["-30", "-20", "-10", "0"]
    [piece] = drawn.columns[1].pieces
    assert (drawn.zero, piece.start, piece.size) == ("100.0000", "0.0000", "100.0000")
    assert drawn.columns[0].pieces == ()
