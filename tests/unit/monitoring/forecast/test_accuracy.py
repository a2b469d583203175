"""The goals of docs and bench on a few seeds, and that the competitors are what they claim to be."""

import time
from datetime import timedelta
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast import exhaustion

WEEK, DAY = 168, 24
FEW = range(100, 105)


@cache
def our_error(name: str) -> float:
    return bench.measured(bench.ours, bench.LOADS[name][0], seeds=FEW).mase


@pytest.mark.parametrize("name", list(bench.LOADS))
def test_a_week_ahead_the_error_is_within_its_goal(name: str):
    assert our_error(name) <= bench.LOADS[name][1]


@pytest.mark.parametrize("name", list(bench.LOADS))
def test_nothing_that_promql_can_do_is_better(name: str):
    load, mine = bench.LOADS[name][0], our_error(name)
    for method in bench.PEERS.values():
        # On a disk that only fills a least-squares line is the best there is; a median slope is nearly as good.
        assert mine <= 1.1 * bench.measured(method, load, seeds=FEW).mase


def test_predict_linear_is_that_of_prometheus():
    """Values and results of its own promql/promqltest/testdata/functions.test, an hour instead of five minutes."""
    series = bench.series(np.array([0.0, 10, 20, 30, 40, 0, 10, 20, 30, 40, 50]))
    assert bench.predict_linear(series, range_hours=11)[11] == pytest.approx(76.81818181818181)
    assert bench.predict_linear(series, range_hours=10)[11] == pytest.approx(70)


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1e6), min_size=WEEK, max_size=2 * WEEK))
def test_predict_linear_is_a_least_squares_line(values: list[float]):
    past = np.array(values)
    line = np.polynomial.Polynomial.fit(np.arange(DAY) - DAY + 1.0, past[-DAY:], 1)
    expected = line(np.arange(1.0, WEEK + 1))
    found = bench.predict_linear(bench.series(past), range_hours=DAY)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6 * (1 + past.max()))


@pytest.mark.parametrize("what", [bench.answer, partial(bench.by, bench.models.WeeklyShape())])
def test_processor_time_of_a_series_is_below_50_ms(what: bench.Method):
    past, _ = bench.made(bench.office, 1)
    times = []
    for _ in range(5):
        began = time.process_time()
        what(past)
        times.append(time.process_time() - began)
    assert min(times) < 0.05


def test_the_true_day_is_mostly_within_the_band_and_seldom_before_it():
    load, before, within, asked = partial(bench.office, growth=0.03, wander=0.005), 0, 0, 0
    for seed in range(30):
        past, after = bench.made(load, seed, after=exhaustion.HORIZON_DAYS * DAY)
        limit = 1.15 * max(exhaustion.daily_peaks(past).values)
        now = past.at(len(past.values))
        dates = bench.answer(past, limit).exhaustion
        over = np.flatnonzero(np.array(exhaustion.daily_peaks(bench.series(after)).values) >= limit)
        if dates is None or not over.size:
            continue
        true, end = now + timedelta(days=int(over[0])), now + timedelta(days=exhaustion.HORIZON_DAYS)
        asked += 1
        before += true < (dates.p10 or end)
        within += (dates.p10 or end) <= true <= (dates.p90 or end)
    assert asked >= 20
    assert within / asked >= 0.5
    assert before / asked <= 0.35
