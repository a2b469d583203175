"""The whole answer: what is shown, and what is said when nothing is."""

import math
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast.outlook import Outlook, outlook
from govcloud_monitoring.forecast.series import Floats, Series

WEEK, DAY = 168, 24
LATER = timedelta(hours=1)


def asked(values: Floats, limit: float) -> Outlook:
    series = bench.series(values)
    return outlook(series, limit, series.at(len(series.values)))


def office(seed: int = 1, weeks: int = 8, growth: float = 0.04) -> Floats:
    return bench.office(np.random.default_rng(seed), weeks * WEEK, growth=growth)


def test_a_growing_load_is_shown_with_its_dates_its_model_and_how_good_that_was():
    values = office()
    found = asked(values, 1.4 * values.max())
    now = bench.START + timedelta(weeks=8)
    assert found.shown
    assert found.reason == ""
    assert found.model == "weekly shape and drift"
    assert found.mase is not None
    assert found.mase < 0.9
    assert found.coverage_ratio is not None
    assert 0.6 < found.coverage_ratio < 0.98
    assert found.exhaustion is not None
    assert found.exhaustion.p10 is not None
    assert found.exhaustion.p50 is not None
    assert now < found.exhaustion.p10 < found.exhaustion.p50
    # It grows by 3 of 100 a week from some 130 on: 40 % more takes some 13 weeks.
    assert abs(found.exhaustion.p50 - now - timedelta(weeks=13)) < timedelta(weeks=5)
    assert found.forecast is not None
    assert found.forecast.start == now
    assert len(found.forecast.median) == WEEK


@pytest.mark.parametrize(
    ("values", "limit", "said"),
    [
        pytest.param(office(), math.nan, "no limit", id="no limit"),
        pytest.param(office(), 0.0, "no limit", id="a limit of nothing"),
        pytest.param(np.array([math.nan]), 9.0, "too short: no value is known", id="nothing known"),
        pytest.param(office(weeks=3), 1e9, "too short", id="three weeks"),
        pytest.param(np.full(5 * WEEK, 3.0), 9.0, "constant", id="constant"),
        pytest.param(np.resize(office(weeks=1), 6 * WEEK), 1e9, "no better than last week", id="an exact last week"),
        pytest.param(
            bench.scattered(np.random.default_rng(1), 8 * WEEK), 1e9, "no better than last week: the values", id="noise"
        ),
    ],
)
def test_what_is_said_when_nothing_is_shown(values: Floats, limit: float, said: str):
    found = asked(values, limit)
    assert not found.shown
    assert found.exhaustion is None
    assert found.forecast is None
    assert found.reason.startswith(said)


def test_an_old_series_says_nothing_even_if_it_was_at_its_limit():
    series = bench.series(office())
    found = outlook(series, 1.0, series.at(len(series.values)) + timedelta(days=3))
    assert found.reason == "too old: the last value is of 3 days ago"
    assert found.exhaustion is None


@pytest.mark.parametrize("weeks", [0.02, 8])
def test_a_limit_that_is_reached_is_said_at_once_however_short_the_past(weeks: float):
    values = office()[: int(weeks * WEEK)]
    found = asked(values, 0.5 * values[-1])
    assert found.shown
    assert found.exhaustion is not None
    assert found.exhaustion.is_reached
    assert found.exhaustion.p50 == bench.START + timedelta(hours=len(values))


@pytest.mark.parametrize("name", list(bench.HOPELESS))
def test_what_has_no_pattern_is_not_shown(name: str):
    for seed in range(8):
        found = bench.answer(bench.made(bench.HOPELESS[name], seed)[0])
        assert not found.shown


def test_a_random_walk_gets_no_narrow_promise():
    """It may be shown, because last week is a bad guess, but then hardly with a date that is sure."""
    sure = 0
    for seed in range(10):
        values = 300 + np.cumsum(np.random.default_rng(seed).normal(0, 1, 8 * WEEK))
        found = asked(np.maximum(values, 1), values.max() + 100)
        sure += found.exhaustion is not None and found.exhaustion.p90 is not None
    assert sure <= 2


def test_a_step_is_told_and_does_not_spoil_the_forecast():
    values = office(growth=0.01)
    values[-10 * DAY :] += 60
    found = asked(values, 1e9)
    assert found.shown
    assert [step.at for step in found.steps] == [bench.START + timedelta(hours=8 * WEEK - 10 * DAY)]
    assert found.forecast is not None
    again = bench.office(np.random.default_rng(1), 9 * WEEK, growth=0.01)[8 * WEEK :] + 60
    assert np.abs(np.array(found.forecast.median) - again).mean() < 8


def test_a_step_that_leaves_nothing_to_test_on_is_said():
    values = office(weeks=4)
    values[-8 * DAY :] += 80
    found = asked(values, 1e9)
    assert not found.shown
    assert found.reason.startswith("not tested yet: the level stepped on 2026-01-25")


@pytest.mark.parametrize("gap_hours", [2, 20, 60])
def test_gaps_hardly_change_the_answer(gap_hours: int):
    values = office()
    holed = values.copy()
    holed[900 : 900 + gap_hours] = math.nan
    limit = 1.4 * float(values.max())
    one, other = asked(values, limit).exhaustion, asked(holed, limit).exhaustion
    assert one is not None
    assert other is not None
    assert one.p50 is not None
    assert other.p50 is not None
    assert abs(one.p50 - other.p50) < timedelta(days=14)


def test_the_same_values_get_the_same_answer():
    values = office()
    assert asked(values, 200.0) == asked(values.copy(), 200.0)


def in_order(dates: tuple[datetime | None, ...], now: datetime) -> bool:
    ends = [date or datetime.max.replace(tzinfo=now.tzinfo) for date in dates]
    return now <= ends[0] <= ends[1] <= ends[2]


@settings(max_examples=40)
@given(
    pattern=st.lists(
        st.one_of(st.floats(0, 1e15), st.sampled_from([0.0, 5.0, math.nan, math.inf])), min_size=1, max_size=300
    ),
    count=st.integers(1, 8 * WEEK),
    tail=st.sampled_from([None, 0.0, 4.0]),
    limit=st.floats(allow_nan=True),
    age_hours=st.integers(0, 80),
)
def test_any_series_gets_a_sound_answer(
    pattern: list[float], count: int, tail: float | None, limit: float, age_hours: int
):
    values = np.resize(np.array(pattern), count)
    if tail is not None:
        values[count // 3 :] = tail
    series = Series(start=bench.START, values=tuple(values.tolist()))
    now = series.at(count - 1) + timedelta(hours=age_hours)
    found = outlook(series, limit, now)
    assert found.shown is (found.reason == "")
    assert found.shown is (found.exhaustion is not None)
    for number in (found.mase, found.coverage_ratio):
        assert number is None or (math.isfinite(number) and number >= 0)
    if found.exhaustion is not None:
        assert in_order((found.exhaustion.p10, found.exhaustion.p50, found.exhaustion.p90), now)
    if found.forecast is not None:
        low, median, high = (
            np.array(each) for each in (found.forecast.low, found.forecast.median, found.forecast.high)
        )
        assert np.isfinite(high).all()
        assert (low <= median).all()
        assert (median <= high).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 500), power=st.integers(-10, 40), days=st.sampled_from([1, 5, 7]))
def test_in_another_unit_the_answer_is_the_same(seed: int, power: int, days: int):
    load = partial(bench.saw_tooth, period_days=days)
    values, factor = bench.made(load, seed)[0].array(), math.ldexp(1, power)
    one, other = asked(values, 120.0), asked(values * factor, 120.0 * factor)
    assert (one.shown, one.reason, one.model, one.mase) == (other.shown, other.reason, other.model, other.mase)
    assert one.exhaustion == other.exhaustion


@settings(max_examples=15)
@given(seed=st.integers(0, 500), weeks=st.integers(4, 9))
def test_a_higher_limit_is_reached_no_sooner(seed: int, weeks: int):
    values = office(seed, weeks)
    near, far = (asked(values, ratio * float(values.max())).exhaustion for ratio in (1.2, 1.5))
    if near is not None and far is not None:
        for sooner, later in ((near.p10, far.p10), (near.p50, far.p50), (near.p90, far.p90)):
            assert later is None or (sooner is not None and sooner <= later)
