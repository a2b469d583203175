"""When a limit is reached."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast import exhaustion
from govcloud_monitoring.forecast.fit import Fit
from govcloud_monitoring.forecast.level import Level
from govcloud_monitoring.forecast.models import StraightLine
from govcloud_monitoring.forecast.shape import Shape

WEEK, DAY = 168, 24


def a_fit(*, now: float, drift: float, drift_variance: float = 0.0, errors: tuple[float, ...] = (0.0,)) -> Fit:
    """A level in days, without a shape."""
    return Fit(
        level=Level(
            now=now,
            drift=drift,
            fitted=np.zeros(1),
            now_variance=0.0,
            wander_variance=0.0,
            drift_variance=drift_variance,
            memory_days=0.0,
        ),
        shape=Shape(profile=np.zeros(7), growth=0.0, growth_error=0.0),
        errors=np.array(errors),
        day_steps=1,
    )


def test_a_day_peaks_at_its_second_highest_hour():
    values = np.tile(np.arange(1.0, 25.0), 3)
    values[40] = 1000
    peaks = exhaustion.daily_peaks(bench.series(values))
    assert peaks.values == pytest.approx((22.85, 24.0 - 0.15, 22.85), abs=0.2)
    assert peaks.step_seconds == 86400


def test_an_incomplete_first_day_is_left_out():
    series = bench.series(np.arange(3.0 * DAY + 5))
    assert len(exhaustion.daily_peaks(series).values) == 3
    assert exhaustion.daily_peaks(series).start == series.at(5)


def test_a_sure_line_reaches_its_limit_on_the_day_it_does():
    chances = exhaustion.chances_by_day(a_fit(now=50, drift=2), 61, 10)
    assert chances.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]


def test_chances_of_single_days_add_up():
    chances = exhaustion.chances_by_day(a_fit(now=50, drift=0, errors=(0.0, 0.0, 0.0, 9.0)), 55, 3)
    assert chances == pytest.approx([0.25, 1 - 0.75**2, 1 - 0.75**3])


def test_an_unsure_drift_gives_a_band():
    chances = exhaustion.chances_by_day(a_fit(now=0, drift=1, drift_variance=0.25), 60, 180)
    # A drift of 1 and deviation 0.5: at day 60 half of the courses are there, at 60 / (1 + 0.64) a tenth.
    first = [int(np.argmax(chances >= chance)) + 1 for chance in (0.1, 0.5, 0.9)]
    assert first == pytest.approx([60 / 1.64, 60, 60 / 0.36], abs=5)


def test_dates_of_a_disk_that_fills():
    past, _ = bench.made(bench.filling, 1)
    now = past.at(len(past.values))
    limit = past.values[-1] + 0.02 * 24 * 50
    dates = exhaustion.expected(past, StraightLine(), limit, now)
    for date in (dates.p10, dates.p50, dates.p90):
        assert date is not None
        assert abs(date - now - timedelta(days=50)) < timedelta(days=3)
    assert not dates.is_reached


def test_a_limit_beyond_half_a_year_has_no_date():
    past, _ = bench.made(bench.filling, 1)
    dates = exhaustion.expected(past, StraightLine(), 1000.0, past.at(len(past.values)))
    assert dates == exhaustion.Exhaustion(p10=None, p50=None, p90=None)


@pytest.mark.parametrize(("limit", "is_reached"), [(99.0, True), (100.0, True), (100.1, False)])
def test_a_limit_is_reached_by_the_last_value(limit: float, is_reached: bool):
    values = np.full(5 * DAY, 10.0)
    values[-1] = 100
    series = bench.series(values)
    found = exhaustion.reached(series, limit, series.at(200))
    assert (found is not None) is is_reached
    if found is not None:
        assert found == exhaustion.Exhaustion(
            p10=series.at(200), p50=series.at(200), p90=series.at(200), is_reached=True
        )


def test_a_limit_is_reached_by_yesterdays_peak_but_not_by_one_wild_hour():
    values = np.full(5 * DAY, 10.0)
    values[-12:-8] = 100
    assert exhaustion.reached(bench.series(values), 90.0, bench.START) is not None
    values[-12:-9] = 10
    assert exhaustion.reached(bench.series(values), 90.0, bench.START) is None


@given(
    now=st.floats(0, 100),
    drift=st.floats(-2, 2),
    variance=st.floats(0, 1),
    errors=st.lists(st.floats(-20, 20), min_size=1, max_size=20),
    limits=st.tuples(st.floats(1, 300), st.floats(0, 100)),
)
def test_a_higher_limit_is_never_reached_sooner(
    now: float, drift: float, variance: float, errors: list[float], limits: tuple[float, float]
):
    found = a_fit(now=now, drift=drift, drift_variance=variance, errors=tuple(errors))
    near, far = (exhaustion.chances_by_day(found, limit, 60) for limit in (limits[0], sum(limits)))
    assert (far <= near + 1e-12).all()
    assert (np.diff(near) >= -1e-12).all()
    assert near.min() >= -1e-12
    assert near.max() <= 1
