"""The level of a series without its weekly shape, day by day, and how it goes on. Pure.

Two views: a level that wanders and is followed, and a line that everything scatters around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govcloud_monitoring.forecast import slope
from govcloud_monitoring.forecast.series import Floats

_WEIGHTS = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0])
"""Weights of a new day that are tried. The least is not 0: no level stays for ever, so a band must widen."""
_BURN_IN_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """`now` is the level in the middle of the last day, `drift` its change a day; `fitted` is each past day's level.

    The variance of the level some days ahead is now + wander x days + drift x (days + memory)^2: a level that is the
    mean of many days carries the error of the drift over half of them already.
    """

    now: float
    drift: float
    fitted: Floats
    now_variance: float
    wander_variance: float
    drift_variance: float
    memory_days: float

    def after(self, days: Floats) -> Floats:
        """The level some days after the middle of the last day."""
        return self.now + self.drift * days

    def deviation(self, days: Floats) -> Floats:
        """Standard deviation of that level."""
        of_drift = self.drift_variance * (days + self.memory_days) ** 2
        deviation: Floats = np.sqrt(self.now_variance + self.wander_variance * days + of_drift)
        return deviation


def followed(days: Floats, drift: float) -> Level:
    """Simple exponential smoothing with a drift, the form of the Theta method (Hyndman and Billah 2003).

    Theta drifts by half of the slope, this by all of it: halved, dates half a year ahead come much too late.
    The weight of a new day is the one whose one-day forecasts were best; `fitted` holds those forecasts.
    doi 10.1016/S0169-2070(01)00143-1.
    """
    count = days.size
    fitted, last = _smoothed(days, drift)
    squares = ((days[:, None] - fitted)[_BURN_IN_DAYS:] ** 2).mean(axis=0)
    best = int(np.argmin(squares))
    weight, variance = float(_WEIGHTS[best]), float(squares[best])
    wander = weight**2 * variance
    return Level(
        now=float(last[best]),
        drift=drift,
        fitted=fitted[:, best],
        now_variance=variance * max(weight / 2, 1 / count),
        wander_variance=wander,
        # Of a least-squares slope through white noise, and through a random walk.
        drift_variance=12 * variance / count**3 + 1.2 * wander / count,
        memory_days=min(1 / weight, count / 2),
    )


def _smoothed(days: Floats, drift: float) -> tuple[Floats, Floats]:
    """For each weight: every day's level as the days before let expect it, and the last day's as it was found."""
    state = np.full(_WEIGHTS.size, np.median(days[:_BURN_IN_DAYS] - drift * np.arange(_BURN_IN_DAYS)))
    fitted, level = np.empty((days.size, _WEIGHTS.size)), state
    for index, value in enumerate(days):
        fitted[index] = state
        level = state + _WEIGHTS * (value - state)
        state = level + drift
    return fitted, level


def straight(days: Floats) -> Level:
    """A line through the middle: median slope and median height. What is left may swing (a saw-tooth)."""
    count = days.size
    ages = np.arange(count, dtype=np.float64) - (count - 1)
    drift = slope.between_all(days)
    heights = days - drift * ages
    now, variance = float(np.median(heights)), float(heights.var())
    independent = slope.independent(heights)
    drift_variance = 12 * variance / (count**2 * independent)
    return Level(
        now=now,
        drift=drift,
        fitted=now + drift * ages,
        now_variance=variance / independent,
        wander_variance=0.0,
        drift_variance=drift_variance,
        memory_days=count / 2,
    )
