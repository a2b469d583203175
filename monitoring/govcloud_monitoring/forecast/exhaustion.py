"""When a limit is reached: the peaks of the days, carried on for 180 days, against the limit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np

from govcloud_monitoring.forecast.fit import Fit
from govcloud_monitoring.forecast.models import FittedModel
from govcloud_monitoring.forecast.series import DAY_SECONDS, Floats, Series

HORIZON_DAYS = 180
_PEAK = 0.95
_COURSES = np.array([NormalDist().inv_cdf((number + 0.5) / 101) for number in range(101)])
"""Deviations from the median of 101 equally likely courses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustion:
    """The days by which the limit is reached with a chance of 10, 50 and 90 %: p10 to p90 hold 80 %.

    None: not within 180 days. Times are never before the `now` they were asked with. `is_reached`: it already is, and
    all three are `now`.
    """

    p10: datetime | None
    p50: datetime | None
    p90: datetime | None
    is_reached: bool = False


def daily_peaks(series: Series) -> Series:
    """The 95th percentile of each day's values, days counted back from the end: one wild hour is no peak."""
    by_day = series.array()[len(series.values) % series.day_steps :].reshape(-1, series.day_steps)
    peaks = np.quantile(by_day, _PEAK, axis=1)
    start = series.at(len(series.values) % series.day_steps)
    return Series(start=start, values=tuple(peaks.tolist()), step_seconds=DAY_SECONDS)


def reached(series: Series, limit: float, now: datetime) -> Exhaustion | None:
    """That the last value or the peak of the last day is at or above the limit; None when neither is."""
    last_day = series.array()[-series.day_steps :]
    peak = float(np.nanquantile(last_day, _PEAK))
    if max(peak, series.values[-1]) < limit:
        return None
    return Exhaustion(p10=now, p50=now, p90=now, is_reached=True)


def expected(series: Series, model: FittedModel, limit: float, now: datetime) -> Exhaustion:
    """The dates by a model, for a series without gaps whose steps are taken out. `limit` in the unit of the series."""
    peaks = daily_peaks(series)
    end = peaks.at(len(peaks.values))
    passed = max(0, (now - end).days)
    chances = chances_by_day(model.fit(peaks), limit, passed + HORIZON_DAYS)

    def first(chance: float) -> datetime | None:
        days = np.flatnonzero(chances >= chance)
        return max(now, end + timedelta(days=int(days[0]))) if days.size else None

    return Exhaustion(p10=first(0.1), p50=first(0.5), p90=first(0.9))


def chances_by_day(found: Fit, limit: float, days: int) -> Floats:
    """Chance that a peak was at or above the limit on one of the days up to each.

    Where the level really goes is one of 101 equally likely courses, each a fixed number of deviations from the median
    all the way; around it the days' errors are drawn from the past ones, each day for itself.
    """
    courses = found.median(days) + _COURSES[:, None] * found.deviation(days)
    errors = np.sort(found.errors)
    below = np.searchsorted(errors, limit - courses, side="left") / errors.size
    never: Floats = np.cumprod(below, axis=1).mean(axis=0)
    return 1 - never
