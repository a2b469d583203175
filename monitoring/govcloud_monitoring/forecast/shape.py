"""The weekly shape of a load: what each hour of the week adds to the level, and how that grows. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from govcloud_monitoring.forecast import slope
from govcloud_monitoring.forecast.series import Floats, Series

_LEAST_STRENGTH = 0.05
"""Of the mean shape: where less is left at the end, it has no rate of growth worth the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`profile` holds one week from now on, mean 0; it is multiplied by 1 + `growth` for each week ahead.

    `growth_error` is the standard deviation of `growth`.
    """

    profile: Floats
    growth: float
    growth_error: float

    def before(self, count: int) -> Floats:
        """What it added in the last `count` steps."""
        return self._over(np.arange(-count, 0))

    def after(self, count: int) -> Floats:
        """What it adds in the next `count` steps."""
        return self._over(np.arange(count))

    def deviation(self, count: int) -> Floats:
        """Standard deviation of that: how little is known of the growth."""
        steps = np.arange(count)
        deviation: Floats = (
            np.abs(self.profile[steps % self.profile.size]) * self.growth_error * steps / self.profile.size
        )
        return deviation

    def _over(self, steps: npt.NDArray[np.int_]) -> Floats:
        size = self.profile.size
        factors = np.maximum(1 + self.growth * steps / size, 0)
        shaped: Floats = self.profile[steps % size] * factors
        return shaped


def weekly(series: Series, drift: float) -> Shape:
    """The shape of a series of at least two weeks without gaps, whose level moves by `drift` a day.

    Weeks are weeks of UTC: after clocks change, the shape is an hour late for some weeks.
    """
    flat = series.holding(series.array() - drift * np.arange(len(series.values)) / series.day_steps)
    weeks = flat.weeks()
    levels = np.median(weeks - np.median(weeks, axis=0), axis=1, keepdims=True)
    profile = _middle(weeks - levels)
    profile = profile - profile.mean()
    power = float(profile @ profile)
    if power <= 0:
        return Shape(profile=profile, growth=0.0, growth_error=0.0)
    now, growth, error = _strength(weeks @ profile / power)
    if now < _LEAST_STRENGTH:
        return Shape(profile=profile, growth=0.0, growth_error=0.0)
    return Shape(profile=profile * now, growth=growth / now, growth_error=error / now)


def _middle(weeks: Floats) -> Floats:
    """Mean of the middle half of the weeks at each step, so that a holiday leaves no trace."""
    cut = len(weeks) // 4
    middle: Floats = np.sort(weeks, axis=0)[cut : len(weeks) - cut].mean(axis=0)
    return middle


def _strength(factors: Floats) -> tuple[float, float, float]:
    """From each week's strength: that at the end of the last week, its change a week, and the error of the change."""
    count = factors.size
    middles = np.arange(count) - count + 0.5
    growth = slope.between_all(factors)
    residuals = factors - growth * middles
    error = float(residuals.std()) * math.sqrt(12 / count**3)
    return float(np.median(residuals)), growth, error
