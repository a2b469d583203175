"""Steps in the level are found and taken out; what is no step is left alone."""

from functools import partial

import numpy as np
import pytest
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast.series import Floats
from govcloud_monitoring.forecast.shifts import levelled

WEEK, DAY = 168, 24
COUNT = 6 * WEEK


def office(seed: int) -> Floats:
    return bench.office(np.random.default_rng(seed), COUNT)


@pytest.mark.parametrize("days_ago", [2, 3, 6.5, 7, 9, 14, 25])
@pytest.mark.parametrize("height", [40.0, -20.0])
def test_a_step_is_dated_measured_and_taken_out(days_ago: float, height: float):
    level = office(1)
    values, first = level.copy(), COUNT - int(days_ago * DAY)
    values[first:] += height
    found, (shift,) = levelled(bench.series(values))
    assert abs(shift.index - first) <= 2
    assert shift.at == bench.series(values).at(shift.index)
    assert shift.height == pytest.approx(height, rel=0.2)
    assert np.abs(found.array() - level - height)[-4 * WEEK :].mean() < 0.4 * abs(height)


def test_after_a_service_doubled_its_past_is_doubled_nights_and_days():
    level = office(2)
    values = level.copy()
    values[-4 * DAY :] *= 2
    found, shifts = levelled(bench.series(values))
    assert len(shifts) == 1
    assert np.abs(found.array() / level - 2).mean() < 0.1


def test_two_steps_are_both_taken_out():
    level = bench.office(np.random.default_rng(3), 9 * WEEK)
    values = level.copy()
    values[-25 * DAY :] += 60
    values[-9 * DAY :] += 90
    found, shifts = levelled(bench.series(values))
    assert [round((9 * WEEK - each.index) / DAY) for each in shifts] == [25, 9]
    assert np.abs(found.array() - level - 150).mean() < 15


def test_a_fall_never_makes_the_past_negative():
    values = office(4) + 5
    values[-5 * DAY :] *= 0.1
    found, shifts = levelled(bench.series(values))
    assert len(shifts) == 1
    assert found.array().min() >= 0


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(bench.office, id="office"),
        pytest.param(partial(bench.office, growth=0.05), id="growing office"),
        pytest.param(bench.filling, id="filling disk"),
        pytest.param(partial(bench.saw_tooth, period_days=1), id="daily saw-tooth"),
        pytest.param(partial(bench.saw_tooth, period_days=5), id="saw-tooth of five days"),
        pytest.param(partial(bench.saw_tooth, period_days=7), id="weekly saw-tooth"),
        pytest.param(bench.scattered, id="noise"),
        pytest.param(bench.flat, id="flat"),
    ],
)
def test_a_series_without_a_step_is_left_as_it_is(load: bench.Load):
    for seed in range(5):
        series, _ = bench.made(load, seed)
        assert levelled(series) == (series, ())


def test_a_spike_of_some_hours_is_no_step():
    values = office(5)
    values[-50:-45] += 500
    series = bench.series(values)
    assert levelled(series) == (series, ())
