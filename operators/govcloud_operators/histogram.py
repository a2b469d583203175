"""Durations counted by upper bound: a classic Prometheus histogram, without labels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

BOUNDS_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
"""What people notice as waiting; each bound is a series for every label value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One moment's totals. The last bound is infinite, so its count is that of all."""

    buckets: tuple[tuple[float, int], ...]
    """(upper bound in seconds, how many lasted no longer)."""
    sum_seconds: float

    @property
    def count(self) -> int:
        """All."""
        return self.buckets[-1][1]


class Histogram:
    """One writer at a time."""

    __slots__ = ("_bounds", "_counts", "_sum_seconds")

    def __init__(self, bounds_seconds: Sequence[float] = BOUNDS_SECONDS) -> None:
        """`bounds_seconds` rise and are finite; a bound belongs to its own bucket."""
        self._bounds = bounds_seconds
        self._counts = [0] * (len(bounds_seconds) + 1)
        self._sum_seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum_seconds += seconds

    def read(self) -> Reading:
        """What was counted so far."""
        totals = zip((*self._bounds, float("inf")), accumulate(self._counts), strict=True)
        return Reading(buckets=tuple(totals), sum_seconds=self._sum_seconds)
