"""Snapshot of Kubernetes to metric families. Pure; milli-cores become cores here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.efficiency import families as efficiency
from govcloud_monitoring.kubernetes.snapshot import Snapshot
from govcloud_monitoring.kubernetes.values import Namespace
from govcloud_monitoring.metric import Metric
from govcloud_monitoring.services import families as services

OWNER = Metric(
    name="govcloud_namespace_owner_info",
    help=(
        "1 for each namespace of a department, from the operator-owned labels: the key to join other metrics by "
        "namespace. purpose is other when the namespace has none (a department's home); tier is its ServiceTier."
    ),
    labels=("namespace", "department", "purpose", "project", "tier"),
)
CPU_QUOTA = Metric(
    name="govcloud_cpu_quota_cores",
    help="CPU that quotas let a department request, in cores: smallest quota of each namespace, summed.",
    labels=("department", "purpose"),
    unit="cores",
)
MEMORY_QUOTA = Metric(
    name="govcloud_memory_quota_bytes",
    help="Memory that quotas let a department request, in bytes: smallest quota of each namespace, summed.",
    labels=("department", "purpose"),
    unit="bytes",
)
STORAGE_QUOTA = Metric(
    name="govcloud_storage_quota_bytes",
    help="Storage that quotas let a department claim, in bytes: smallest quota of each namespace, summed.",
    labels=("department", "purpose"),
    unit="bytes",
)
CPU_REQUESTED = Metric(
    name="govcloud_cpu_requested_cores",
    help=(
        "CPU that a department's pods reserve, in cores: pods on a node that have not finished, counted as the "
        "scheduler counts them. No series when a department runs nothing."
    ),
    labels=("department", "purpose", "pool"),
    unit="cores",
)
MEMORY_REQUESTED = Metric(
    name="govcloud_memory_requested_bytes",
    help=(
        "Memory that a department's pods reserve, in bytes: pods on a node that have not finished, counted as the "
        "scheduler counts them. No series when a department runs nothing."
    ),
    labels=("department", "purpose", "pool"),
    unit="bytes",
)
CPU_LIMIT = Metric(
    name="govcloud_cpu_limit_cores",
    help=(
        "CPU that a department's pods may use at most, in cores: the limits of the same pods, summed by the same rule. "
        "A container without a limit counts nothing, though it may use all of its machine. No series where there is "
        "no limit."
    ),
    labels=("department", "purpose", "pool"),
    unit="cores",
)
WAITING = Metric(
    name="govcloud_department_unscheduled_pods",
    help=(
        "Pods of a department that wait for a machine because all are too full: unschedulable for lack of cpu, memory, "
        "or room for one more pod. No series where none waits."
    ),
    labels=("department",),
)
NAMESPACE_CPU = Metric(
    name="govcloud_namespace_cpu_requested_cores",
    help="CPU that the pods of a department's namespace reserve, in cores: what showback counts where use is less.",
    labels=("namespace", "pool"),
    unit="cores",
)
NAMESPACE_MEMORY = Metric(
    name="govcloud_namespace_memory_requested_bytes",
    help="Memory that the pods of a department's namespace reserve, in bytes: what showback counts where use is less.",
    labels=("namespace", "pool"),
    unit="bytes",
)
NAMESPACE_STORAGE = Metric(
    name="govcloud_namespace_storage_provisioned_bytes",
    help="Capacity of the bound volume claims of a department's namespace, in bytes.",
    labels=("namespace",),
    unit="bytes",
)
PLATFORM_CPU = Metric(
    name="govcloud_platform_cpu_requested_cores",
    help="CPU that pods outside every department reserve (the platform's own overhead), in cores.",
    labels=("pool",),
    unit="cores",
)
PLATFORM_MEMORY = Metric(
    name="govcloud_platform_memory_requested_bytes",
    help="Memory that pods outside every department reserve (the platform's own overhead), in bytes.",
    labels=("pool",),
    unit="bytes",
)
STORAGE = Metric(
    name="govcloud_storage_provisioned_bytes",
    help="Capacity of a department's bound volume claims, in bytes.",
    labels=("department", "purpose", "storage_class"),
    unit="bytes",
)
UNMOUNTED = Metric(
    name="govcloud_namespace_unmounted_claims",
    help=(
        "Bound volume claims of a department's namespace that no pod on a node mounts. No series for a namespace "
        "without claims."
    ),
    labels=("namespace",),
)
POOL_CPU = Metric(
    name="govcloud_pool_cpu_allocatable_cores",
    help="CPU that the registered nodes of a pool offer to pods, in cores, whether the nodes are ready or not.",
    labels=("pool",),
    unit="cores",
)
POOL_MEMORY = Metric(
    name="govcloud_pool_memory_allocatable_bytes",
    help="Memory that the registered nodes of a pool offer to pods, in bytes, whether the nodes are ready or not.",
    labels=("pool",),
    unit="bytes",
)
POOL_INSTALLED = Metric(
    name="govcloud_pool_cpu_installed_cores",
    help="CPU that the registered nodes of a pool have, in cores, including what the system keeps for itself.",
    labels=("pool",),
    unit="cores",
)
POOL_LARGEST_CPU = Metric(
    name="govcloud_pool_largest_node_cores",
    help="CPU that one node of a pool offers to pods at most, in cores: what the pool can lose at once.",
    labels=("pool",),
    unit="cores",
)
POOL_LARGEST_MEMORY = Metric(
    name="govcloud_pool_largest_node_bytes",
    help="Memory that one node of a pool offers to pods at most, in bytes: what the pool can lose at once.",
    labels=("pool",),
    unit="bytes",
)
POOL_NODES = Metric(
    name="govcloud_pool_nodes",
    help="Registered nodes of a pool by state: ready, not_ready, or cordoned (ready but closed to new pods).",
    labels=("pool", "state"),
)
FOLDED = Metric(
    name="govcloud_exporter_folded_objects",
    help="Objects whose value of this label was replaced by other, because the label's limit was reached.",
    labels=("label",),
)
METRICS = (
    OWNER,
    CPU_QUOTA,
    MEMORY_QUOTA,
    STORAGE_QUOTA,
    CPU_REQUESTED,
    MEMORY_REQUESTED,
    CPU_LIMIT,
    WAITING,
    NAMESPACE_CPU,
    NAMESPACE_MEMORY,
    PLATFORM_CPU,
    PLATFORM_MEMORY,
    STORAGE,
    NAMESPACE_STORAGE,
    UNMOUNTED,
    POOL_CPU,
    POOL_MEMORY,
    POOL_INSTALLED,
    POOL_LARGEST_CPU,
    POOL_LARGEST_MEMORY,
    POOL_NODES,
    *efficiency.METRICS,
    *services.METRICS,
    FOLDED,
)
FOLDABLE = ("department", "group", "pool", "purpose", "storage_class")


def families(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    """All families of this source, those without samples too, in the order of `METRICS`."""
    yield OWNER.family((_owner(each), 1) for each in snapshot.owners)
    yield from _quotas(snapshot)
    yield from _requests(snapshot)
    yield STORAGE.family(snapshot.storage_bytes.items())
    yield NAMESPACE_STORAGE.family(snapshot.namespace_storage_bytes.items())
    yield UNMOUNTED.family(snapshot.unmounted_claims.items())
    yield from _pools(snapshot)
    yield from efficiency.families(snapshot.efficiency)
    yield from services.families(snapshot.services)
    yield FOLDED.family(((label,), snapshot.folded.get(label, 0)) for label in FOLDABLE)


def _owner(each: Namespace) -> tuple[str, ...]:
    return each.name, each.department, each.purpose, each.project, each.tier


def _quotas(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    yield CPU_QUOTA.family((key, _cores(milli)) for key, milli in snapshot.cpu_quota_milli.items())
    yield MEMORY_QUOTA.family(snapshot.memory_quota_bytes.items())
    yield STORAGE_QUOTA.family(snapshot.storage_quota_bytes.items())


def _requests(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    yield CPU_REQUESTED.family((key, _cores(each.cpu_milli)) for key, each in snapshot.requested.items())
    yield MEMORY_REQUESTED.family((key, each.memory_bytes) for key, each in snapshot.requested.items())
    yield CPU_LIMIT.family((key, _cores(milli)) for key, milli in snapshot.cpu_limit_milli.items())
    yield WAITING.family(snapshot.waiting_pods.items())
    of_namespaces = snapshot.namespace_requested
    yield NAMESPACE_CPU.family((key, _cores(each.cpu_milli)) for key, each in of_namespaces.items())
    yield NAMESPACE_MEMORY.family((key, each.memory_bytes) for key, each in of_namespaces.items())
    platform = snapshot.platform_requested
    yield PLATFORM_CPU.family(((pool,), _cores(each.cpu_milli)) for pool, each in platform.items())
    yield PLATFORM_MEMORY.family(((pool,), each.memory_bytes) for pool, each in platform.items())


def _pools(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    pools = snapshot.pools
    yield POOL_CPU.family(((name,), _cores(pool.allocatable.cpu_milli)) for name, pool in pools.items())
    yield POOL_MEMORY.family(((name,), pool.allocatable.memory_bytes) for name, pool in pools.items())
    yield POOL_INSTALLED.family(((name,), _cores(pool.installed_cpu_milli)) for name, pool in pools.items())
    yield POOL_LARGEST_CPU.family(((name,), _cores(pool.largest.cpu_milli)) for name, pool in pools.items())
    yield POOL_LARGEST_MEMORY.family(((name,), pool.largest.memory_bytes) for name, pool in pools.items())
    yield POOL_NODES.family(
        ((name, state), count) for name, pool in pools.items() for state, count in pool.nodes.items()
    )


def _cores(milli: int) -> float:
    # One division gives the closest float, so 350 milli-cores print as 0.35; 350 * 0.001 would not.
    return milli / 1000
