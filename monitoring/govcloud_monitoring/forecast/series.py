"""Values at equal steps, gaps included, and whether a forecast can be made from them. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HOUR_SECONDS, DAY_SECONDS, WEEK_SECONDS = 3600, 86400, 604800
MIN_WEEKS = 4
MAX_WEEKS = 26
"""As far back as the forecast looks ahead; older weeks say little about today's growth."""
MAX_MISSING_RATIO = 0.1
MAX_GAP_SECONDS = 3 * DAY_SECONDS
MAX_AGE_SECONDS = 2 * DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """`values[i]` was measured at `start` (aware, UTC) + i steps; NaN where nothing is known.

    Raises ValueError when `start` has no time zone or a step does not divide a day.
    """

    start: datetime
    values: tuple[float, ...]
    step_seconds: int = HOUR_SECONDS

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError(f"the series starts at {self.start}, which has no time zone; pass a time in UTC")
        if self.step_seconds <= 0 or DAY_SECONDS % self.step_seconds:
            raise ValueError(f"a step of {self.step_seconds} s does not divide a day; resample the series, best hourly")

    @property
    def day_steps(self) -> int:
        """Values a day."""
        return DAY_SECONDS // self.step_seconds

    @property
    def week_steps(self) -> int:
        """Values a week."""
        return WEEK_SECONDS // self.step_seconds

    def at(self, index: int) -> datetime:
        """The time of a value; an index may lie behind the last."""
        return self.start + timedelta(seconds=index * self.step_seconds)

    def array(self) -> Floats:
        """The values, as a copy."""
        return np.array(self.values, dtype=np.float64)

    def until(self, count: int) -> Series:
        """The first `count` values."""
        return replace(self, values=self.values[:count])

    def holding(self, values: Floats) -> Series:
        """Other values at the same times."""
        return replace(self, values=tuple(values.tolist()))

    def daily_means(self) -> Floats:
        """Mean of each whole day, days counted back from the end."""
        means: Floats = _whole(self.array(), self.day_steps).mean(axis=1)
        return means

    def weeks(self) -> Floats:
        """One row for each whole week, weeks counted back from the end."""
        return _whole(self.array(), self.week_steps)


def _whole(values: Floats, length: int) -> Floats:
    """Rows of a length, the incomplete first one left out."""
    return values[values.size % length :].reshape(-1, length)


def trimmed(series: Series) -> Series:
    """The last 26 weeks at most, without gaps at both ends; infinite values become gaps."""
    values = series.array()
    known = np.flatnonzero(np.isfinite(values))
    if not known.size:
        return replace(series, values=())
    last = int(known[-1])
    first = int(known[known > last - MAX_WEEKS * series.week_steps][0])
    values[~np.isfinite(values)] = math.nan
    return replace(series, start=series.at(first), values=tuple(values[first : last + 1].tolist()))


def unfit(series: Series) -> str:
    """Why no forecast can be made from a trimmed series, in plain words; empty when one can."""
    if series.step_seconds > HOUR_SECONDS:
        return f"too coarse: a value each {series.step_seconds / HOUR_SECONDS:g} hours, one each hour is needed"
    count = len(series.values)
    if count < MIN_WEEKS * series.week_steps:
        days = count * series.step_seconds / DAY_SECONDS
        return f"too short: {days:.1f} days are known, {MIN_WEEKS} weeks are needed"
    values = series.array()
    missing = np.isnan(values)
    if missing.mean() > MAX_MISSING_RATIO:
        return f"too many gaps: {missing.mean():.0%} of the values are missing, at most {MAX_MISSING_RATIO:.0%} may be"
    gap_seconds = max((stop - start for start, stop in runs(missing)), default=0) * series.step_seconds
    if gap_seconds > MAX_GAP_SECONDS:
        return f"too long a gap: nothing is known for {gap_seconds / DAY_SECONDS:.1f} days in a row"
    if np.nanmin(values) == np.nanmax(values):
        return "constant: every value is the same, there is nothing to forecast"
    return ""


def too_old(series: Series, now: datetime) -> str:
    """Why a trimmed series says nothing about today; empty when it does."""
    age = now - series.at(len(series.values) - 1)
    return "" if age <= timedelta(seconds=MAX_AGE_SECONDS) else f"too old: the last value is of {age.days} days ago"


def runs(flags: Flags) -> list[tuple[int, int]]:
    """First index and the index behind the last of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(first), int(past)) for first, past in zip(edges[::2], edges[1::2], strict=True)]
