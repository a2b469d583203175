"""Pauses before another try: they grow, and a crowd that failed together does not come back together."""

from __future__ import annotations

import random

_DOUBLINGS_MAX = 10


def growing_seconds(failures: int, *, base_seconds: float, max_seconds: float) -> float:
    """A pause that doubles with each failure up to a bound, jittered."""
    return jittered_seconds(min(max_seconds, base_seconds * 2 ** min(failures, _DOUBLINGS_MAX)))


def jittered_seconds(ceiling_seconds: float) -> float:
    """Somewhere in the upper half of a pause."""
    return random.uniform(ceiling_seconds / 2, ceiling_seconds)  # noqa: S311 - spreads load, guards nothing
