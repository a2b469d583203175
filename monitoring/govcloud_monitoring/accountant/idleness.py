"""Environments that hold CPU and do not use it, from Prometheus' long memory. Pure but for the questions.

Judged is an environment as a whole: no series of single pods is kept, on purpose. What counts as idle is decided in
`efficiency.idle`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.accountant.questions import AskAt
from govcloud_monitoring.efficiency.idle import WINDOW_SECONDS, Reason, Use, Workload, idle
from govcloud_monitoring.metric import Metric

STEP_SECONDS = 3600
ENOUGH_PERCENT = 95
"""Of the window's samples; some are always missing, as when Prometheus was restarted."""
_WINDOW = f"[{WINDOW_SECONDS}s:{STEP_SECONDS}s]"
_USED = "namespace:container_cpu_usage_seconds:rate5m"
_RESERVED = "sum by (namespace) (namespace_pool:govcloud_namespace_cpu_requested_cores:max)"

IDLE = Metric(
    name="govcloud_idle_workloads",
    help=(
        "Environments of a department that stood idle for 35 days. reason: no_cpu (mean and 95th percentile of use "
        "below 1 % of what is reserved). No series where nothing is idle; what is younger is not judged."
    ),
    labels=("department", "reason"),
)
METRICS = (IDLE,)
Counts = Mapping[tuple[str, Reason], int]
"""Idle environments by department and reason."""


def idle_environments(ask: AskAt, now: datetime) -> Counts:
    """Of now; none that is younger than the window. Raises what `ask` raises."""
    reserved = _by_namespace(ask, f"avg_over_time(({_RESERVED}){_WINDOW})", now)
    seen = _by_namespace(ask, f"count_over_time(({_RESERVED}){_WINDOW})", now)
    mean = _by_namespace(ask, f"avg_over_time({_USED}{_WINDOW})", now)
    high = _by_namespace(ask, f"quantile_over_time(0.95, {_USED}{_WINDOW})", now)
    owners = {each.labels["namespace"]: each.labels["department"] for each in ask("govcloud_namespace_owner_info", now)}
    workloads = (
        _workload(owners[name], cores, seen.get(name, 0.0), mean.get(name, 0.0), high.get(name, 0.0))
        for name, cores in sorted(reserved.items())
        if name in owners
    )
    # A workload says itself how long it was seen: then every one is as old as the window or is not judged.
    return idle(workloads, (), WINDOW_SECONDS)


def families(counts: Counts) -> Iterator[GaugeMetricFamily]:
    """The family of the source `idle`."""
    yield IDLE.family(counts.items())


def _workload(department: str, cores: float, samples: float, mean: float, high: float) -> Workload:
    whole = samples * STEP_SECONDS * 100 >= WINDOW_SECONDS * ENOUGH_PERCENT
    use = Use(observed_seconds=WINDOW_SECONDS, mean_cpu_micro=_micro(mean), p95_cpu_micro=_micro(high))
    return Workload(
        department=department,
        created_seconds=0,
        cpu_request_milli=round(cores * 1000),
        use=use if whole else None,
    )


def _by_namespace(ask: AskAt, expression: str, now: datetime) -> dict[str, float]:
    return {each.labels["namespace"]: each.value for each in ask(expression, now)}


def _micro(cores: float) -> int:
    return round(cores * 1_000_000)
