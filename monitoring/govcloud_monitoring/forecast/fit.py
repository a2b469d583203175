"""What a model found in the past, and how it is carried on: level, weekly shape, and what is left unexplained. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govcloud_monitoring.forecast.level import Level
from govcloud_monitoring.forecast.series import Floats, Series
from govcloud_monitoring.forecast.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """`errors` are past values less what was expected of them, as large as those of the future will be."""

    level: Level
    shape: Shape
    errors: Floats
    day_steps: int

    def median(self, count: int) -> Floats:
        """The next `count` steps."""
        return self.level.after(self._days(count)) + self.shape.after(count)

    def deviation(self, count: int) -> Floats:
        """Standard deviation of that: how little is known of the level. The errors come on top."""
        return self.level.deviation(self._days(count)) + self.shape.deviation(count)

    def _days(self, count: int) -> Floats:
        """Days from the middle of the last day to the middle of each step."""
        days: Floats = (np.arange(count) + 0.5) / self.day_steps + 0.5
        return days


def fit(series: Series, level: Level, shape: Shape, *, widening: float = 1.0) -> Fit:
    """Errors of all but the first week, which the level needs to settle, made wider by a factor."""
    expected = np.repeat(level.fitted, series.day_steps)
    flat = series.array()[-expected.size :] - shape.before(expected.size)
    errors = (flat - expected)[series.week_steps :] * widening
    return Fit(level=level, shape=shape, errors=errors, day_steps=series.day_steps)
