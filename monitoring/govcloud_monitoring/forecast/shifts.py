"""Steps in the level (a migration, a new tenant, a doubled service): found, dated and taken out of the past. Pure.

A step shows in the difference to the same hour a week before as one week of another height, whatever the weekly shape
and the growth are. Only few and clear steps are taken out: what steps again and again (a disk that is cleaned up) is
left as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from govcloud_monitoring.forecast.series import Floats, Series

MAX_SHIFTS = 2
_MIN_STRENGTH = 4.0
"""Least height of a step, in robust standard deviations of the daily means of the differences."""
_MIN_AGREEING_RATIO = 0.9
"""Share of the hours after a step whose difference must have its sign; a short spike has not."""
_MAX_ALIKE_RATIO = 0.2
"""Share of the other days that may deviate by half as much; in a saw-tooth more do."""
_NOTHING = 1e-9
"""Of what came after: a week that small began from nothing, and has no ratio."""
_CLEARLY_RATIO = 0.9
"""A quiet weekend after a step cannot tell a sum from a ratio; the sum changes less of the shape."""
_MAD_TO_DEVIATION = 1.4826
_NEGLIGIBLE_RATIO = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A step of `height` (unit of the series) at the value `index`, at the time `at`."""

    index: int
    at: datetime
    height: float


def levelled(series: Series) -> tuple[Series, tuple[Shift, ...]]:
    """The series as if its past had been at today's level, and the steps taken out by date. No gaps allowed.

    A step is found when it is a day old; one in the first week is not looked for.
    """
    values, found = series.array(), list[Shift]()
    while (shift := _clearest(series, values)) is not None:
        found.append(shift)
        if len(found) > MAX_SHIFTS:
            return series, ()
        values = _taken_out(values, shift, series.week_steps)
    if not found:
        return series, ()
    return series.holding(values), tuple(sorted(found, key=lambda each: each.index))


def _clearest(series: Series, values: Floats) -> Shift | None:
    """The step that explains most, if it is beyond doubt."""
    week, day = series.week_steps, series.day_steps
    if values.size < 2 * week + day:
        return None
    difference = values[week:] - values[:-week]
    means = _daily(difference, day)
    usual = float(np.median(means))
    first, past = _likeliest(difference - usual, day, week)
    height = float((difference[first:past] - usual).mean())
    least = max(_MIN_STRENGTH * _deviation(means), _NEGLIGIBLE_RATIO * float(np.abs(values).max()))
    if abs(height) <= least or not _is_alone(difference - usual, slice(first, past), height, day):
        return None
    index = first + week
    return Shift(index=index, at=series.at(index), height=float(np.median(difference[first:past]) - usual))


def _is_alone(deviation: Floats, inside: slice, height: float, day: int) -> bool:
    """Whether the whole time after the step is higher (or lower), and hardly any other time is."""
    agreeing = float(np.mean(np.sign(deviation[inside]) == np.sign(height)))
    others = np.concatenate((_daily(deviation[: inside.start], day), _daily(deviation[inside.stop :], day)))
    alike = float(np.mean(np.abs(others) > abs(height) / 2)) if others.size else 0.0
    return agreeing >= _MIN_AGREEING_RATIO and alike <= _MAX_ALIKE_RATIO


def _daily(values: Floats, day: int) -> Floats:
    means: Floats = values[values.size % day :].reshape(-1, day).mean(axis=1)
    return means


def _deviation(values: Floats) -> float:
    """Robust standard deviation."""
    return _MAD_TO_DEVIATION * float(np.median(np.abs(values - np.median(values))))


def _likeliest(deviation: Floats, day: int, week: int) -> tuple[int, int]:
    """The week, or its part before the end of at least a day, whose mean explains most of the squares."""
    sums = np.concatenate(([0.0], np.cumsum(deviation)))
    starts = np.arange(deviation.size - day + 1)
    ends = np.minimum(starts + week, deviation.size)
    first = int(np.argmax((sums[ends] - sums[starts]) ** 2 / (ends - starts)))
    return first, int(ends[first])


def _taken_out(values: Floats, shift: Shift, week: int) -> Floats:
    """The past raised by the step's height or, where that clearly fits the hours after it better, by its ratio."""
    after = values[shift.index : shift.index + week]
    before = values[shift.index - week : shift.index - week + after.size]
    past = values[: shift.index] + shift.height
    if after.sum() > 0 and before.sum() > _NOTHING * after.sum():
        ratio = float(after.sum() / before.sum())
        of_sum = float(np.abs(after - before - shift.height).sum())
        # A ratio below 1 makes the noise of the week before smaller too, and must not win by that.
        of_ratio = float(np.abs(after - ratio * before).sum()) / (math.hypot(1.0, ratio) / math.sqrt(2))
        if of_ratio < _CLEARLY_RATIO * of_sum:
            past = values[: shift.index] * ratio
    # Use is never negative, whatever an average step would make of the quietest hours.
    return np.concatenate((np.maximum(past, min(0.0, float(values.min()))), values[shift.index :]))
