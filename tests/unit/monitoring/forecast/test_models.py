"""Each model on series whose future is known exactly, and what holds for all of them on any series."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast import level, slope
from govcloud_monitoring.forecast.models import CANDIDATES, Model, NaiveDrift, SeasonalNaive, StraightLine, WeeklyShape
from govcloud_monitoring.forecast.series import Floats

WEEK, DAY = 168, 24
MODELS: tuple[Model, ...] = (SeasonalNaive(), NaiveDrift(), *CANDIDATES)


def wave(count: int) -> Floats:
    """A week that differs from hour to hour, mean 0."""
    week = np.random.default_rng(7).uniform(-20, 20, WEEK)
    return np.tile(week - week.mean(), count // WEEK + 1)[:count]


def fitting(model: Model) -> bench.Load:
    """A load that the model is made for."""
    return bench.filling if isinstance(model, StraightLine) else bench.office


def future(model: Model, values: Floats, hours: int = 2 * WEEK) -> Floats:
    return np.array(model.forecast(bench.series(values), hours).median)


def test_last_week_comes_again():
    values = 50 + wave(6 * WEEK)
    assert np.allclose(future(SeasonalNaive(), values[: 4 * WEEK]), values[4 * WEEK :])


def test_last_week_and_its_drift_know_a_constant_weekly_gain():
    at = np.arange(6 * WEEK)
    values = 50 + wave(6 * WEEK) + 3.0 * (at // WEEK)
    assert np.allclose(future(NaiveDrift(), values[: 4 * WEEK]), values[4 * WEEK :])


@pytest.mark.parametrize("drift", [0.0, 0.02, -0.01])
def test_a_weekly_shape_on_a_drift_is_carried_on_exactly(drift: float):
    values = 50 + wave(6 * WEEK) + drift * np.arange(6 * WEEK)
    assert np.allclose(future(WeeklyShape(), values[: 4 * WEEK]), values[4 * WEEK :], atol=1e-6)


def test_a_shape_that_grows_with_its_level_goes_on_growing():
    values = (50 + wave(9 * WEEK)) * (1 + 0.05 * np.arange(9 * WEEK) / WEEK)
    naive, error = future(SeasonalNaive(), values[: 8 * WEEK], WEEK), future(WeeklyShape(), values[: 8 * WEEK], WEEK)
    assert np.abs(error - values[8 * WEEK :]).mean() < 0.1 * np.abs(naive - values[8 * WEEK :]).mean()


def test_a_holiday_leaves_no_trace_in_the_shape():
    values = 50 + wave(8 * WEEK)
    past = values[: 7 * WEEK].copy()
    past[3 * WEEK + 24 : 3 * WEEK + 72] = 10
    error = future(WeeklyShape(), past, WEEK) - values[7 * WEEK :]
    assert error.std() < 1e-6
    assert abs(error.mean()) < 1


def test_a_line_is_carried_on_exactly_and_its_band_is_narrow():
    values = 50 + 0.02 * np.arange(5 * WEEK)
    forecast = StraightLine().forecast(bench.series(values[: 4 * WEEK]), WEEK)
    assert np.allclose(forecast.median, values[4 * WEEK :])
    assert np.allclose(forecast.high, forecast.low, atol=0.6)


def test_a_line_runs_through_the_middle_of_a_saw_tooth():
    days = np.arange(8 * WEEK) / DAY
    values = 50 + 0.4 * days + 20 * (days / 5 % 1)
    forecast = StraightLine().forecast(bench.series(values), WEEK)
    ahead = np.arange(8 * WEEK, 9 * WEEK) / DAY
    assert np.abs(np.array(forecast.median) - (60 + 0.4 * ahead)).max() < 2
    assert 12 < forecast.high[0] - forecast.low[0] < 22


def test_smoothing_follows_by_hand():
    days = np.array([10.0] * 7 + [20.0, 5.0, 20.0])
    found = level.followed(days, 0.0)
    # The least weight, 0.02, is best for days that go up and down.
    assert np.allclose(found.fitted[7:], [10, 10.2, 10.2 + 0.02 * (5 - 10.2)])
    assert found.now == pytest.approx(10.096 + 0.02 * (20 - 10.096))
    assert found.drift == 0


def test_a_level_that_jumps_about_is_followed_at_once():
    days = 100 + np.cumsum(np.random.default_rng(3).normal(0, 5, 60))
    assert level.followed(days, 0.0).now == pytest.approx(days[-1], abs=3)


def test_busy_days_that_grow_are_not_outvoted_nor_do_outliers_count():
    weeks = np.tile(np.array([10.0] * 5 + [1.0] * 2), (6, 1)) * (1 + 0.1 * np.arange(6))[:, None]
    weeks[2, 3] = 900
    assert slope.between_weekdays(weeks.ravel()) == pytest.approx((5 * 1.0 + 2 * 0.1) / 49)


def test_median_slope_ignores_a_fifth_of_wild_values():
    values = 3.0 * np.arange(30)
    values[::5] = 1e6
    assert slope.between_all(values) == pytest.approx(3.0)


def test_neighbours_that_are_alike_count_as_few():
    random = np.random.default_rng(5)
    assert slope.independent(random.normal(size=200)) > 150
    assert slope.independent(np.cumsum(random.normal(size=200))) < 20


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_bands_hold_about_four_fifths_of_an_office_week(model: Model):
    hits = []
    for seed in range(12):
        past, actual = bench.made(fitting(model), seed)
        forecast = model.forecast(past, WEEK)
        hits.append(((actual >= forecast.low) & (actual <= forecast.high)).mean())
    assert 0.68 < np.mean(hits) < 0.92


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_bands_grow_with_time(model: Model):
    forecast = model.forecast(bench.made(fitting(model), 1)[0], 25 * WEEK)
    widths = np.array(forecast.high) - np.array(forecast.low)
    assert widths[-WEEK:].mean() > 1.02 * widths[:WEEK].mean()


values_of_weeks = st.builds(
    lambda pattern, count, seed: np.resize(pattern, count) + np.random.default_rng(seed).uniform(0, 1, count),
    st.lists(st.floats(0, 1e12), min_size=1, max_size=200),
    st.integers(2 * WEEK, 5 * WEEK),
    st.integers(0, 3),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(max_examples=30)
@given(values=values_of_weeks)
def test_a_band_lies_around_its_median_and_never_below_nothing(model: Model, values: Floats):
    forecast = model.forecast(bench.series(values), WEEK)
    low, median, high = (np.array(each) for each in (forecast.low, forecast.median, forecast.high))
    assert (low >= 0).all()
    assert (low <= median).all()
    assert (median <= high).all()
    assert np.isfinite(high).all()
    assert len(low) == len(median) == len(high) == WEEK
    assert forecast.start == bench.series(values).at(values.size)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@settings(max_examples=30)
@given(values=values_of_weeks, power=st.integers(-20, 20))
def test_in_another_unit_the_forecast_is_the_same(model: Model, values: Floats, power: int):
    # A power of two changes no rounding, so the forecasts must be equal, not only close.
    factor = math.ldexp(1, power)
    one, other = (model.forecast(bench.series(each), WEEK) for each in (values, values * factor))
    assert np.array_equal(np.array(one.median) * factor, other.median)
    assert np.array_equal(np.array(one.low) * factor, other.low)
    assert np.array_equal(np.array(one.high) * factor, other.high)
