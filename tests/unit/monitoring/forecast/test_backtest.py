"""How a model is scored on the past."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast import backtest
from govcloud_monitoring.forecast.models import CANDIDATES, SeasonalNaive, StraightLine, WeeklyShape
from govcloud_monitoring.forecast.series import Floats
from govcloud_monitoring.forecast.shifts import Shift

WEEK, DAY = 168, 24


def trials(values: Floats, *steps: int) -> tuple[backtest.Trial, ...]:
    series = bench.series(values)
    shifts = [Shift(index=index, at=series.at(index), height=1.0) for index in steps]
    return backtest.trials(series, np.ones(values.size, dtype=bool), shifts)


@pytest.mark.parametrize(
    ("weeks", "origins"),
    [(4, range(14, 22)), (5, range(18, 29, 2)), (8, range(28, 50, 3)), (12, range(42, 78, 5))],
)
def test_origins_know_two_weeks_and_half_of_all_and_end_a_week_before_the_end(weeks: int, origins: range):
    found = trials(bench.office(np.random.default_rng(1), weeks * WEEK))
    days = [len(trial.past.values) / DAY for trial in found]
    assert days[-1] == weeks * 7 - 7
    assert min(days) >= max(14, weeks * 3.5)
    assert 6 <= len(days) <= backtest.MAX_ORIGINS
    assert days == list(origins)


def test_each_trial_holds_the_week_that_came():
    values = bench.office(np.random.default_rng(1), 6 * WEEK)
    for trial in trials(values):
        origin = len(trial.past.values)
        assert np.array_equal(trial.actual, values[origin : origin + WEEK])
        assert trial.naive_error == np.abs(values[origin : origin + WEEK] - values[origin - WEEK : origin]).sum()


def test_a_week_into_which_a_step_falls_is_no_trial():
    values = bench.office(np.random.default_rng(1), 8 * WEEK)
    found = {len(trial.past.values) // DAY for trial in trials(values, 40 * DAY)}
    assert found == {28, 31, 43, 46, 49}


def test_the_baseline_scores_exactly_one():
    assert backtest.score(SeasonalNaive(), trials(bench.office(np.random.default_rng(1), 8 * WEEK))).mase == 1


def test_errors_are_summed_before_they_are_divided_and_gaps_do_not_count():
    values = np.tile(np.arange(float(WEEK)), 4)
    values[3 * WEEK :] += np.where(np.arange(WEEK) < 84, 10, 2)
    series, known = bench.series(values), np.ones(values.size, dtype=bool)
    known[3 * WEEK : 3 * WEEK + 84] = False
    last = backtest.trials(series, known, ())[-1:]
    assert last[0].naive_error == 84 * 2
    assert backtest.score(SeasonalNaive(), last).coverage_ratio <= 1


def test_a_model_cannot_beat_a_last_week_that_was_exact():
    found = trials(np.tile(np.random.default_rng(1).uniform(1, 100, WEEK), 6))
    score = backtest.score(WeeklyShape(), found)
    assert score.mase == 1
    assert backtest.score(StraightLine(), found).mase > 1000


def test_coverage_is_the_share_of_values_in_the_band():
    values = bench.filling(np.random.default_rng(2), 8 * WEEK)
    found = trials(values)
    hits = []
    for trial in found:
        forecast = StraightLine().forecast(trial.past, WEEK)
        hits += [
            low <= value <= high for low, value, high in zip(forecast.low, trial.actual, forecast.high, strict=True)
        ]
    assert backtest.score(StraightLine(), found).coverage_ratio == pytest.approx(np.mean(hits))


@pytest.mark.parametrize(
    ("load", "model"),
    [(bench.office, WeeklyShape()), (bench.filling, StraightLine())],
)
def test_the_model_that_fits_is_chosen(load: bench.Load, model: object):
    chosen, score = backtest.best(CANDIDATES, trials(load(np.random.default_rng(3), 8 * WEEK)))
    assert chosen == model
    assert score.mase < 0.9


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(28 * DAY, 60 * DAY))
def test_nobody_looks_into_the_future(seed: int, count: int):
    """What comes after the week of a trial changes nothing in it."""
    values = bench.scattered(np.random.default_rng(seed), count)
    first = trials(values)[0]
    changed = values.copy()
    changed[len(first.past.values) + WEEK :] *= 3
    again = trials(changed)[0]
    assert again.past == first.past
    assert again.naive_error == first.naive_error
