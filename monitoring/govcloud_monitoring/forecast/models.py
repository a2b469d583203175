"""Models of a series without gaps: each gives the median and the 80 % band of the next hours. Pure.

Own code and not statsmodels, because that takes 100 ms a series with a band, 1.7 s and 145 MiB to import, and is no
better on loads of departments: tests/bench/forecasts.py compares both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from govcloud_monitoring.forecast import fit, level, shape, slope
from govcloud_monitoring.forecast.fit import Fit
from govcloud_monitoring.forecast.series import HOUR_SECONDS, Floats, Series
from govcloud_monitoring.forecast.shape import Shape

_LOW, _HIGH = 0.1, 0.9
_NORMAL_HIGH = 1.2815515594600038
"""The 90th percentile of the normal distribution with deviation 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What follows a series, in its unit and steps; `low` and `high` are the 10th and the 90th percentile."""

    start: datetime
    step_seconds: int
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Model(Protocol):
    """A way to forecast."""

    @property
    def name(self) -> str:
        """What people are told."""

    def forecast(self, series: Series, horizon_hours: int) -> Forecast:
        """The next hours, in the steps of the series, which has no gaps and at least two weeks.

        Nothing is below 0, unless the series is.
        """


class FittedModel(Model, Protocol):
    """A model that can say what it found, to be carried on for long."""

    def fit(self, series: Series) -> Fit:
        """What it finds in a series as `forecast` takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """The same hour last week: what every other model has to beat."""

    name: str = "same hour last week"

    def forecast(self, series: Series, horizon_hours: int) -> Forecast:
        """Last week again; the band is that of past errors, wider by the root of the weeks ahead."""
        return _as_last_week(series, horizon_hours, drift=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveDrift:
    """The same hour last week and the change between the means of the last two weeks: what PromQL can do."""

    name: str = "last week and its drift"

    def forecast(self, series: Series, horizon_hours: int) -> Forecast:
        """Last week again, moved by that change for each week ahead."""
        before, last = series.weeks()[-2:].mean(axis=1)
        return _as_last_week(series, horizon_hours, drift=float(last - before))


def _as_last_week(series: Series, horizon_hours: int, *, drift: float) -> Forecast:
    values, week = series.array(), series.week_steps
    steps = np.arange(_steps(series, horizon_hours))
    weeks_ahead = steps // week + 1
    median = values[-week:][steps % week] + drift * weeks_ahead
    low, high = np.quantile(values[week:] - values[:-week] - drift, [_LOW, _HIGH])
    widening = np.sqrt(weeks_ahead)
    return _forecast(series, median, median + min(low, 0.0) * widening, median + max(high, 0.0) * widening)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyShape:
    """A weekly shape on a level that is followed: loads that people make, and disks that are cleaned up by the day."""

    name: str = "weekly shape and drift"

    def fit(self, series: Series) -> Fit:
        """A shape that is the mean of n weeks fits them too well and the next week too badly: errors are widened."""
        drift = slope.between_weekdays(series.daily_means())
        found = shape.weekly(series, drift)
        flat = series.holding(series.array() - found.before(len(series.values)))
        weeks = len(series.weeks())
        widening = math.sqrt((weeks + 1) / (weeks - 1))
        return fit.fit(series, level.followed(flat.daily_means(), drift), found, widening=widening)

    def forecast(self, series: Series, horizon_hours: int) -> Forecast:
        """Level and drift go on, the shape repeats."""
        return _carried_on(series, self.fit(series), horizon_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightLine:
    """A line that everything scatters around: disks that fill and are cleaned up by any rhythm."""

    name: str = "straight line"

    def fit(self, series: Series) -> Fit:
        """The line through the daily means."""
        none = Shape(profile=np.zeros(series.week_steps), growth=0.0, growth_error=0.0)
        return fit.fit(series, level.straight(series.daily_means()), none)

    def forecast(self, series: Series, horizon_hours: int) -> Forecast:
        """The line goes on."""
        return _carried_on(series, self.fit(series), horizon_hours)


CANDIDATES: tuple[FittedModel, ...] = (WeeklyShape(), StraightLine())
"""What is tried on every series. `NaiveDrift` is not: one week's change says nothing about 180 days."""


def _carried_on(series: Series, found: Fit, horizon_hours: int) -> Forecast:
    """The band: past errors, and what is not known of the level, which grows with time."""
    count = _steps(series, horizon_hours)
    low, high = np.quantile(found.errors, [_LOW, _HIGH])
    median, deviation = found.median(count), _NORMAL_HIGH * found.deviation(count)
    below, above = np.hypot(min(low, 0.0), deviation), np.hypot(max(high, 0.0), deviation)
    return _forecast(series, median, median - below, median + above)


def _steps(series: Series, horizon_hours: int) -> int:
    return horizon_hours * HOUR_SECONDS // series.step_seconds


def _forecast(series: Series, median: Floats, low: Floats, high: Floats) -> Forecast:
    floor = min(0.0, *series.values)
    median, low, high = (np.maximum(each, floor) for each in (median, low, high))
    return Forecast(
        start=series.at(len(series.values)),
        step_seconds=series.step_seconds,
        median=tuple(median.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
    )
