"""For whoever buys and places machines: what pools offer, what is taken, and what fits still."""

from __future__ import annotations

from govcloud_monitoring.dashboards.forecasts import FORECASTS
from govcloud_monitoring.dashboards.panel import Board, Choice, Limit, Panel, Query, Row, Unit, View
from govcloud_monitoring.dashboards.questions import POOL


def _pool(metric: str) -> str:
    return f"max by (pool) ({metric}{{{POOL}}})"


def _reserved(resource: str) -> str:
    """Of departments and of the platform together, by pool."""
    departments = f"max by (department, purpose, pool) (govcloud_{resource}{{{POOL}}})"
    return f"sum by (pool) ({departments} or {_pool(f'govcloud_platform_{resource}')})"


def _used(resource: str, use: str) -> str:
    """By departments. Use is not known by pool: a namespace's use is split as its reservations are."""
    reserved = f"namespace_pool:govcloud_namespace_{resource}:max"
    part = f"{reserved}{{{POOL}}} / on (namespace) group_left () (sum by (namespace) ({reserved}) > 0)"
    return f"sum by (pool) ({part} * on (namespace) group_left () {use})"


_CPU, _MEMORY = "cpu_requested_cores", "memory_requested_bytes"
_CPU_OFFERED = _pool("govcloud_pool_cpu_allocatable_cores")
_MEMORY_OFFERED = _pool("govcloud_pool_memory_allocatable_bytes")
_SPLIT = "Use of an environment in several pools is split as its reservations are."

POOLS = Row(
    title="Offered, reserved, used",
    panels=(
        Panel(
            title="CPU of each pool",
            description=f"Reserved by departments and the platform; used by departments. {_SPLIT}",
            unit=Unit.CORES,
            queries=(
                Query(expr=_CPU_OFFERED, legend="{{pool}} offered"),
                Query(expr=_reserved(_CPU), legend="{{pool}} reserved"),
                Query(expr=_used(_CPU, "namespace:container_cpu_usage_seconds:rate5m"), legend="{{pool}} used"),
            ),
        ),
        Panel(
            title="Memory of each pool",
            description=f"Reserved by departments and the platform; used by departments. {_SPLIT}",
            unit=Unit.BYTES,
            queries=(
                Query(expr=_MEMORY_OFFERED, legend="{{pool}} offered"),
                Query(expr=_reserved(_MEMORY), legend="{{pool}} reserved"),
                Query(expr=_used(_MEMORY, "namespace:container_memory_working_set_bytes:sum"), legend="{{pool}} used"),
            ),
        ),
    ),
)
ROOM = Row(
    title="How full",
    panels=(
        Panel(
            title="CPU reserved of what is offered",
            description="At 100 % no further pod starts in the pool.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=f"{_reserved(_CPU)} / on (pool) {_CPU_OFFERED}", legend="{{pool}}"),),
            limit=Limit(alert="PoolAlmostFull", at=0.9),
        ),
        Panel(
            title="Memory reserved of what is offered",
            description="At 100 % no further pod starts in the pool, however much CPU is free.",
            unit=Unit.RATIO,
            width=8,
            queries=(Query(expr=f"{_reserved(_MEMORY)} / on (pool) {_MEMORY_OFFERED}", legend="{{pool}}"),),
        ),
        Panel(
            title="CPU granted of what is offered",
            description=(
                "The quotas of all departments together, against what all their pools offer. Above 100 % not all can "
                "take what they were promised."
            ),
            unit=Unit.RATIO,
            width=8,
            queries=(
                Query(
                    expr=(
                        "sum(max by (department, purpose) (govcloud_cpu_quota_cores))"
                        " / cluster:govcloud_pool_cpu_allocatable_cores:sum"
                    ),
                    legend="granted",
                ),
            ),
            limit=Limit(alert="QuotaOvercommit", at=1.5),
        ),
    ),
)
MACHINES = Row(
    title="Machines",
    panels=(
        Panel(
            title="Reserved of what is left without the largest machine",
            description=(
                "Above 100 % some pods find no place when it fails. Not for a pool of one machine, and not for a "
                "reserved control plane."
            ),
            unit=Unit.RATIO,
            width=24,
            height=7,
            queries=(
                Query(
                    expr=f"pool_resource:requested_per_allocatable_without_largest_node:ratio{{{POOL}}}",
                    legend="{{pool}} {{resource}}",
                ),
            ),
            limit=Limit(alert="CannotLoseANode", at=1),
        ),
        Panel(
            title="Machines by state",
            description="Cordoned machines work, but take no new pods.",
            unit=Unit.MACHINES,
            view=View.STACK,
            width=8,
            queries=(
                Query(expr=f"max by (pool, state) (govcloud_pool_nodes{{{POOL}}}) > 0", legend="{{pool}} {{state}}"),
            ),
        ),
        Panel(
            title="Machines that are not ready",
            description="Their pods are started elsewhere, and what they offer still counts as offered.",
            unit=Unit.MACHINES,
            view=View.NOW,
            width=8,
            queries=(
                Query(expr=f'max by (pool) (govcloud_pool_nodes{{state="not_ready", {POOL}}})', legend="{{pool}}"),
            ),
            limit=Limit(alert="NodeNotReady", at=1),
        ),
        Panel(
            title="Machines that could be given up",
            description=(
                "If pods moved together by what they reserve, with one machine of the pool kept empty. An estimate: "
                "rules about where pods may run are not looked at."
            ),
            unit=Unit.MACHINES,
            view=View.NOW,
            width=8,
            queries=(
                Query(
                    expr=f'max by (pool) (govcloud_pool_reclaimable_nodes{{basis="requests", {POOL}}})',
                    legend="{{pool}}",
                ),
            ),
        ),
    ),
)
FIT = Row(
    title="What fits still",
    panels=(
        Panel(
            title="Stranded CPU",
            description="Free cores that no pod can have, because the memory beside them is taken.",
            unit=Unit.CORES,
            width=8,
            queries=(Query(expr=_pool("govcloud_pool_cpu_stranded_cores"), legend="{{pool}}"),),
        ),
        Panel(
            title="Largest pod that still fits",
            description="On one ready machine of the pool, with the pool's usual memory for each core.",
            unit=Unit.CORES,
            decimals=1,
            view=View.TABLE,
            width=8,
            columns=(("pool", "Pool"),),
            queries=(
                Query(expr=_pool("govcloud_pool_largest_fit_cores"), legend="CPU"),
                Query(expr=_pool("govcloud_pool_largest_fit_bytes"), legend="Memory", unit=Unit.BYTES),
            ),
        ),
        Panel(
            title="Volumes by storage class",
            description="Capacity of all departments' volumes. Health shows how full the machines' disks are.",
            unit=Unit.BYTES,
            view=View.STACK,
            width=8,
            queries=(
                Query(
                    expr=(
                        "sum by (storage_class) (max by (department, purpose, storage_class) "
                        "(govcloud_storage_provisioned_bytes))"
                    ),
                    legend="{{storage_class}}",
                ),
            ),
        ),
    ),
)
CAPACITY = Board(
    name="capacity",
    title="govcloud: capacity",
    description="What each pool of machines offers, what is reserved and used of it, what still fits, and until when.",
    rows=(POOLS, ROOM, FORECASTS, MACHINES, FIT),
    choices=(Choice(name="pool", label="Pool", metric="govcloud_pool_nodes", several=True),),
)
