"""What counts as a series, and which ones no forecast is made from."""

import itertools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.forecast.series import Series, runs, too_old, trimmed, unfit

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = 168
NAN = math.nan


def hours(*values: float) -> Series:
    return Series(start=START, values=values)


def rising(count: int, *, gap: slice = slice(0), every: int = 0) -> Series:
    """1, 2, 3 … with values missing in a gap, or each so many hours."""
    values = np.arange(1.0, count + 1)
    values[gap] = NAN
    if every:
        values[every // 2 :: every] = NAN
    return hours(*values.tolist())


def test_gaps_at_the_ends_are_cut_off_and_the_start_moves():
    found = trimmed(hours(NAN, math.inf, 3.0, NAN, -math.inf, 5.0, NAN))
    assert found.start == START + timedelta(hours=2)
    assert found.values[0] == 3.0
    assert found.values[-1] == 5.0
    assert [math.isnan(value) for value in found.values] == [False, True, True, False]


def test_what_is_older_than_half_a_year_is_cut_off():
    found = trimmed(rising(30 * WEEK))
    assert len(found.values) == 26 * WEEK
    assert found.values[-1] == 30 * WEEK
    assert found.start == START + timedelta(weeks=4)


def test_a_series_of_gaps_is_empty():
    assert trimmed(hours(NAN, math.inf)).values == ()


@pytest.mark.parametrize(
    ("series", "said"),
    [
        pytest.param(rising(4 * WEEK), "", id="four weeks"),
        pytest.param(rising(4 * WEEK - 1), "too short: 28.0 days are known, 4 weeks are needed", id="an hour less"),
        pytest.param(hours(), "too short: 0.0 days are known, 4 weeks are needed", id="nothing"),
        pytest.param(rising(5 * WEEK, gap=slice(100, 172)), "", id="three days missing"),
        pytest.param(
            rising(5 * WEEK, gap=slice(100, 173)),
            "too long a gap: nothing is known for 3.0 days in a row",
            id="an hour more missing",
        ),
        pytest.param(rising(5 * WEEK, every=11), "", id="each eleventh missing"),
        pytest.param(
            rising(5 * WEEK, every=8),
            "too many gaps: 12% of the values are missing, at most 10% may be",
            id="each eighth missing",
        ),
        pytest.param(
            hours(*[7.0] * 5 * WEEK), "constant: every value is the same, there is nothing to forecast", id="constant"
        ),
        pytest.param(
            Series(start=START, values=(1.0, 2.0) * 100, step_seconds=86400),
            "too coarse: a value each 24 hours, one each hour is needed",
            id="daily",
        ),
    ],
)
def test_why_no_forecast_is_made(series: Series, said: str):
    assert unfit(series) == said


def test_a_series_that_ended_two_days_ago_is_too_old():
    series = rising(10)
    last = series.at(9)
    assert too_old(series, last + timedelta(days=2)) == ""
    assert too_old(series, last + timedelta(days=2, seconds=1)) == "too old: the last value is of 2 days ago"


def test_a_start_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        Series(start=datetime(2026, 1, 5), values=())  # noqa: DTZ001 - this is what is refused


@pytest.mark.parametrize("step_seconds", [0, -60, 7 * 3600, 86401])
def test_a_step_that_does_not_divide_a_day_is_refused(step_seconds: int):
    with pytest.raises(ValueError, match="does not divide a day"):
        Series(start=START, values=(), step_seconds=step_seconds)


def test_days_and_weeks_are_counted_back_from_the_end():
    series = rising(2 * WEEK + 5)
    assert series.weeks().shape == (2, WEEK)
    assert series.weeks()[0, 0] == 6.0
    assert series.daily_means()[-1] == np.arange(2 * WEEK + 5 - 23, 2 * WEEK + 6).mean()
    assert len(series.daily_means()) == 14


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_exactly_the_flagged_indices(flags: list[bool]):
    found = runs(np.array(flags, dtype=bool))
    assert [index for first, past in found for index in range(first, past)] == [
        index for index, flag in enumerate(flags) if flag
    ]
    assert all(past < first for (_, past), (first, _) in itertools.pairwise(found))
