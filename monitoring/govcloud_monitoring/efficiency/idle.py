"""Environments and volume claims that nobody seems to use. Pure.

Idle is not useless: a standby, a month-end batch and disaster recovery look alike. Therefore the window is longer than
a month, nothing is idle without figures for nearly all of it (which nothing younger has), and both the mean and the
95th percentile must be low (a batch at its full request for more than eight hours of the window shows in the mean).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal["no_cpu", "unmounted_claim"]
REASONS: tuple[Reason, ...] = get_args(Reason)
WINDOW_SECONDS = 35 * 86_400
ENOUGH_PERCENT = 95
"""Of the window; some is always missing, as when Prometheus was restarted."""
IDLE_PERCENT = 1
"""Of its CPU request: what uses less is idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserving:
    """An environment that reserves CPU (milli-cores), and what it used of it (micro-cores), within the window."""

    department: str
    observed_seconds: int
    cpu_request_milli: int
    mean_cpu_micro: int
    p95_cpu_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claiming:
    """An environment with volume claims: of how many no pod mounted one, when these were fewest within the window."""

    department: str
    observed_seconds: int
    fewest_unmounted: int


def idle(reserving: Iterable[Reserving], claiming: Iterable[Claiming]) -> dict[tuple[str, Reason], int]:
    """Idle environments and claims by department and reason; nothing where there is none."""
    found: Counter[tuple[str, Reason]] = Counter()
    for holder in reserving:
        if _observed(holder.observed_seconds) and _uses_nothing(holder):
            found[holder.department, "no_cpu"] += 1
    for owner in claiming:
        if _observed(owner.observed_seconds) and owner.fewest_unmounted:
            found[owner.department, "unmounted_claim"] += owner.fewest_unmounted
    return dict(found)


def _observed(seconds: int) -> bool:
    return seconds * 100 >= WINDOW_SECONDS * ENOUGH_PERCENT


def _uses_nothing(environment: Reserving) -> bool:
    """False for one that requests no CPU: it holds nothing that could be freed."""
    threshold_micro_percent = environment.cpu_request_milli * 1000 * IDLE_PERCENT
    return max(environment.mean_cpu_micro, environment.p95_cpu_micro) * 100 < threshold_micro_percent
