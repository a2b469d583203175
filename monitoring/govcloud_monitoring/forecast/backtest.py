"""How good a model is: forecasts made at several moments of the past, held against what came. Pure.

The scaled error (MASE) is the mean absolute error over 7 days divided by that of "same hour last week" over the same
hours, both out of sample (after Hyndman and Koehler 2006, doi 10.1016/j.ijforecast.2006.03.001, whose divisor is in
sample). Below 1 the model is better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from govcloud_monitoring.forecast import shifts
from govcloud_monitoring.forecast.models import FittedModel, Forecast, Model
from govcloud_monitoring.forecast.series import Flags, Floats, Series
from govcloud_monitoring.forecast.shifts import Shift

HORIZON_HOURS = 168
MAX_ORIGINS, MIN_ORIGINS = 8, 2
_MIN_PAST_WEEKS = 2
_NEGLIGIBLE_RATIO = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One moment of the past: what was known (with steps taken out), what came, and how wrong the baselines were.

    `naive_error` is that of "same hour last week", `steady_error` the same with steps taken out of that week, and
    `scatter_error` that of one value for all hours, the median of the past: the best there is for pure noise.
    Errors are sums over the hours that are really known, in the unit of the series.
    """

    past: Series
    actual: Floats
    known: Flags
    naive_error: float
    steady_error: float
    scatter_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a model did: its error divided by each baseline's, and the share of values within its band.

    After a step "last week" is easily beaten for a week, so `steady_ratio` asks for more than `mase`.
    """

    mase: float
    steady_ratio: float
    scatter_ratio: float
    coverage_ratio: float


def trials(series: Series, known: Flags, steps: Iterable[Shift]) -> tuple[Trial, ...]:
    """Up to 8 evenly spaced moments, a day or more apart, the last one a week before the end.

    `known` tells values from bridged gaps. A week into which a step falls is no trial: nobody could know of it.
    """
    week, indices = series.week_steps, [step.index for step in steps]
    return tuple(
        _trial(series, known, origin)
        for origin in _origins(series)
        if not any(origin <= index < origin + week for index in indices)
    )


def _origins(series: Series) -> list[int]:
    """Each knows two weeks and half of all; evenly spaced by whole days, so that weekdays differ."""
    day, week = series.day_steps, series.week_steps
    last, first = len(series.values) - week, max(_MIN_PAST_WEEKS * week, len(series.values) // 2)
    gap = max(1, -(-(last - first) // (day * (MAX_ORIGINS - 1)))) * day
    return list(range(last, first - 1, -gap))[::-1]


def _trial(series: Series, known: Flags, origin: int) -> Trial:
    past, values = series.until(origin), series.array()
    level_past, _ = shifts.levelled(past)
    span = slice(origin, origin + series.week_steps)
    actual, real = values[span], known[span]

    def error(forecast: Floats | float) -> float:
        return float(np.abs(actual - forecast)[real].sum())

    return Trial(
        past=level_past,
        actual=actual,
        known=real,
        naive_error=error(past.weeks()[-1]),
        steady_error=error(level_past.weeks()[-1]),
        scatter_error=error(float(np.median(level_past.array()))),
    )


def best(models: Iterable[FittedModel], found: tuple[Trial, ...]) -> tuple[FittedModel, Score]:
    """The model with the smallest scaled error, the first of equals, and its score."""
    return min(((model, score(model, found)) for model in models), key=lambda each: each[1].mase)


def score(model: Model, found: tuple[Trial, ...]) -> Score:
    """All trials together: sums of errors first, then one division."""
    error, hits, count = 0.0, 0, 0
    for trial in found:
        forecast = model.forecast(trial.past, HORIZON_HOURS)
        error += float(np.abs(trial.actual - np.array(forecast.median))[trial.known].sum())
        hits += int(_within(trial, forecast).sum())
        count += int(trial.known.sum())
    # Where the baseline is exact, what is left are rounding errors, and nothing can be better.
    largest = max(_largest(trial) for trial in found)
    least = _NEGLIGIBLE_RATIO * count * (largest or 1.0)
    return Score(
        mase=_ratio(error, sum(trial.naive_error for trial in found), least),
        steady_ratio=_ratio(error, sum(trial.steady_error for trial in found), least),
        scatter_ratio=_ratio(error, sum(trial.scatter_error for trial in found), least),
        coverage_ratio=hits / count,
    )


def _within(trial: Trial, forecast: Forecast) -> Flags:
    within: Flags = (trial.actual >= np.array(forecast.low)) & (trial.actual <= np.array(forecast.high)) & trial.known
    return within


def _largest(trial: Trial) -> float:
    return float(max(np.abs(trial.past.array()).max(), np.abs(trial.actual).max()))


def _ratio(error: float, baseline: float, least: float) -> float:
    return max(error, least) / max(baseline, least)
