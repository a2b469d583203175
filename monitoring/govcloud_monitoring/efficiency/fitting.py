"""What still fits into a pool, and what can never be used because the other resource is gone. Pure.

The ordinary pods of a pool (all but daemons) say what a pod of that pool looks like: how much memory goes with a core.

- Stranded: a machine with `c` free CPU and `m` free memory can serve min(c, m / r) CPU at the pool's mean memory per
  core r (sum of requested memory / sum of requested CPU). The rest of `c` is stranded; memory in the same way with
  c * r. On one machine at most one of the two is stranded.
- Largest fit: the largest pod at the pool's median memory per core that one machine still takes. The mean answers for
  the whole mix, the median for one ordinary pod: a few pods with much memory do not move it.

Only machines count that are open to new pods. Without ordinary pods the machines' own ratio stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low

from govcloud_monitoring.efficiency.inputs import Host, Placed, total
from govcloud_monitoring.kubernetes.pods import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """`stranded` is a sum over machines; `largest` is one pod, and nothing (0, 0) when no machine takes one."""

    stranded: Amount
    largest: Amount


def fitting(hosts: Sequence[Host]) -> Fitting:
    """Both figures of one pool, exact integers."""
    ordinary = [pod for host in hosts for pod in host.pods if pod.tie != "daemon"]
    offered = total(host.machine.allocatable for host in hosts if host.machine.schedulable)
    mean, median = _mean(ordinary) or offered, _median(ordinary) or offered
    return Fitting(
        stranded=total(_stranded(free, mean) for free, _ in _free(hosts)),
        largest=max((_largest(free, median) for free, slots in _free(hosts) if slots > 0), default=Amount()),
    )


def _free(hosts: Iterable[Host]) -> Iterator[tuple[Amount, int]]:
    """Free resources and free places for pods of each machine that takes new pods; never negative resources."""
    for host in hosts:
        machine = host.machine
        if machine.schedulable:
            held = total(pod.request for pod in host.pods)
            cpu_milli = max(0, machine.allocatable.cpu_milli - held.cpu_milli)
            memory_bytes = max(0, machine.allocatable.memory_bytes - held.memory_bytes)
            yield Amount(cpu_milli, memory_bytes), machine.max_pods - len(host.pods)


def _mean(pods: Iterable[Placed]) -> Amount | None:
    asked = total(pod.request for pod in pods)
    return asked if asked.has_both else None


def _median(pods: Iterable[Placed]) -> Amount | None:
    asked = [pod.request for pod in pods if pod.request.has_both]
    ratios = [(each.memory_bytes / each.cpu_milli, each) for each in asked]
    return median_low(ratios)[1] if ratios else None


def _stranded(free: Amount, ratio: Amount) -> Amount:
    return Amount(
        max(0, free.cpu_milli - _cpu_milli_with(free.memory_bytes, ratio)),
        max(0, free.memory_bytes - _memory_bytes_with(free.cpu_milli, ratio)),
    )


def _largest(free: Amount, ratio: Amount) -> Amount:
    cpu_milli = min(free.cpu_milli, _cpu_milli_with(free.memory_bytes, ratio))
    return Amount(cpu_milli, _memory_bytes_with(cpu_milli, ratio))


def _cpu_milli_with(memory_bytes: int, ratio: Amount) -> int:
    """CPU that goes with so much memory, rounded down; nothing where machines have no memory at all."""
    return memory_bytes * ratio.cpu_milli // ratio.memory_bytes if ratio.memory_bytes else 0


def _memory_bytes_with(cpu_milli: int, ratio: Amount) -> int:
    """Memory that goes with so much CPU, rounded down; nothing where machines have no CPU at all."""
    return cpu_milli * ratio.memory_bytes // ratio.cpu_milli if ratio.cpu_milli else 0
