"""Workloads and volume claims that nobody seems to use. Pure; `now_seconds` is Unix time.

Idle is not useless: a standby, a month-end batch and disaster recovery look alike. Therefore the window is longer than
a month, nothing younger than the window is idle, nothing is idle without figures for the whole window, both the mean
and the 95th percentile must be low (a batch at its full request for more than eight hours of the window shows in the
mean), and the owner can say "keep" until a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal["crash_loop", "no_cpu", "unmounted_claim"]
REASONS: tuple[Reason, ...] = get_args(Reason)
WINDOW_SECONDS = 35 * 86_400
IDLE_PERCENT = 1
"""Of its CPU request: a workload that uses less is idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """CPU that a workload used, over the last `observed_seconds` that there are figures for; in micro-cores."""

    observed_seconds: int
    mean_cpu_micro: int
    p95_cpu_micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a department runs. `crash_looping_seconds`: for how long without a break, 0 when it is not; times are Unix.

    `use` is None when nothing is known. `keep_until_seconds` is 0 when the owner said nothing.
    """

    department: str
    created_seconds: int
    cpu_request_milli: int
    use: Use | None = None
    crash_looping_seconds: int = 0
    keep_until_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A bound volume claim. `unmounted_seconds`: since when no pod mounts it, as far back as is known; 0 when one does.

    `keep_until_seconds` is 0 when the owner said nothing.
    """

    department: str
    created_seconds: int
    unmounted_seconds: int
    keep_until_seconds: int = 0


def idle(workloads: Iterable[Workload], claims: Iterable[Claim], now_seconds: int) -> dict[tuple[str, Reason], int]:
    """Idle objects by department and reason, each counted once; nothing where there is none."""
    found: Counter[tuple[str, Reason]] = Counter()
    for workload in workloads:
        reason = workload_reason(workload, now_seconds)
        if reason is not None:
            found[workload.department, reason] += 1
    for claim in claims:
        if is_unmounted(claim, now_seconds):
            found[claim.department, "unmounted_claim"] += 1
    return dict(found)


def workload_reason(workload: Workload, now_seconds: int) -> Reason | None:
    """Why a workload is idle; None when it is not, or when that cannot be known."""
    if not _judged(workload, now_seconds):
        return None
    if workload.crash_looping_seconds >= WINDOW_SECONDS:
        return "crash_loop"
    return "no_cpu" if workload.use is not None and _uses_nothing(workload.cpu_request_milli, workload.use) else None


def is_unmounted(claim: Claim, now_seconds: int) -> bool:
    """Whether no pod mounted the claim for a whole window."""
    return _judged(claim, now_seconds) and claim.unmounted_seconds >= WINDOW_SECONDS


def _judged(each: Workload | Claim, now_seconds: int) -> bool:
    """Old enough, and not kept on purpose."""
    return now_seconds - each.created_seconds >= WINDOW_SECONDS and each.keep_until_seconds <= now_seconds


def _uses_nothing(cpu_request_milli: int, use: Use) -> bool:
    """False for a workload that requests no CPU: it holds nothing that could be freed."""
    threshold_micro_percent = cpu_request_milli * 1000 * IDLE_PERCENT
    highest_micro = max(use.mean_cpu_micro, use.p95_cpu_micro)
    return use.observed_seconds >= WINDOW_SECONDS and highest_micro * 100 < threshold_micro_percent
