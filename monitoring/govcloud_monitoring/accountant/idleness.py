"""Environments that hold CPU or volumes and do not use them, from Prometheus' long memory. Pure but for the questions.

Judged is an environment as a whole: no series of single pods or claims is kept, on purpose. What counts as idle is
decided in `efficiency.idle`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.efficiency.idle import WINDOW_SECONDS, Claiming, Reason, Reserving, idle
from govcloud_monitoring.metric import Metric
from govcloud_monitoring.prometheus import AskAt

STEP_SECONDS = 3600
_WINDOW = f"[{WINDOW_SECONDS}s:{STEP_SECONDS}s]"
_USED = "namespace:container_cpu_usage_seconds:rate5m"
_RESERVED = "(sum by (namespace) (namespace_pool:govcloud_namespace_cpu_requested_cores:max))"
_UNMOUNTED = "(max by (namespace) (govcloud_namespace_unmounted_claims))"

IDLE = Metric(
    name="govcloud_idle_workloads",
    help=(
        "What of a department stood idle for 35 days, looked at each hour. reason: no_cpu (environments of which mean "
        "and 95th percentile of use are below 1 % of what is reserved), unmounted_claim (volume claims that no pod "
        "mounts, as many as an environment had at any time at least). No series where nothing is idle; an environment "
        "that is younger is not judged."
    ),
    labels=("department", "reason"),
)
METRICS = (IDLE,)
Counts = Mapping[tuple[str, Reason], int]
"""By department and reason."""


def idle_environments(ask: AskAt, now: datetime) -> Counts:
    """Of now; none that is younger than the window. Raises what `ask` raises."""
    owners = {each.labels["namespace"]: each.labels["department"] for each in ask("govcloud_namespace_owner_info", now)}
    return idle(_reserving(ask, now, owners), _claiming(ask, now, owners))


def families(counts: Counts) -> Iterator[GaugeMetricFamily]:
    """The family of the source `idle`."""
    yield IDLE.family(counts.items())


def _reserving(ask: AskAt, now: datetime, owners: Mapping[str, str]) -> Iterator[Reserving]:
    reserved = _by_namespace(ask, f"avg_over_time({_RESERVED}{_WINDOW})", now)
    seen = _by_namespace(ask, f"count_over_time({_RESERVED}{_WINDOW})", now)
    mean = _by_namespace(ask, f"avg_over_time({_USED}{_WINDOW})", now)
    high = _by_namespace(ask, f"quantile_over_time(0.95, {_USED}{_WINDOW})", now)
    for name in sorted(set(reserved) & set(owners)):
        yield Reserving(
            department=owners[name],
            observed_seconds=_seconds(seen.get(name, 0.0)),
            cpu_request_milli=round(reserved[name] * 1000),
            mean_cpu_micro=_micro(mean.get(name, 0.0)),
            p95_cpu_micro=_micro(high.get(name, 0.0)),
        )


def _claiming(ask: AskAt, now: datetime, owners: Mapping[str, str]) -> Iterator[Claiming]:
    fewest = _by_namespace(ask, f"min_over_time({_UNMOUNTED}{_WINDOW})", now)
    seen = _by_namespace(ask, f"count_over_time({_UNMOUNTED}{_WINDOW})", now)
    for name in sorted(set(fewest) & set(owners)):
        yield Claiming(
            department=owners[name],
            observed_seconds=_seconds(seen.get(name, 0.0)),
            fewest_unmounted=round(fewest[name]),
        )


def _by_namespace(ask: AskAt, expression: str, now: datetime) -> dict[str, float]:
    return {each.labels["namespace"]: each.value for each in ask(expression, now)}


def _seconds(samples: float) -> int:
    return round(samples) * STEP_SECONDS


def _micro(cores: float) -> int:
    return round(cores * 1_000_000)
