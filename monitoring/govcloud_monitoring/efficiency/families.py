"""Efficiency figures to metric families. Pure; milli-cores become cores here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.efficiency.figures import Efficiency
from govcloud_monitoring.metric import Metric

STRANDED = Metric(
    name="govcloud_pool_cpu_stranded_cores",
    help=(
        "Free CPU of a pool that no pod can use, in cores: what is left on ready machines when their free memory is "
        "given away at the pool's mean memory per requested core."
    ),
    labels=("pool",),
    unit="cores",
)
LARGEST_CPU = Metric(
    name="govcloud_pool_largest_fit_cores",
    help=(
        "CPU of the largest pod that still fits on one ready machine, in cores, for a pod with the pool's median "
        "memory per core. 0 when none fits."
    ),
    labels=("pool",),
    unit="cores",
)
LARGEST_MEMORY = Metric(
    name="govcloud_pool_largest_fit_bytes",
    help="Memory of the same pod as in govcloud_pool_largest_fit_cores, in bytes: both fit together on one machine.",
    labels=("pool",),
    unit="bytes",
)
RECLAIMABLE = Metric(
    name="govcloud_pool_reclaimable_nodes",
    help=(
        "Machines that a pool could give up if its pods moved together, one machine kept empty as reserve. basis: "
        "requests, or use (requests cut to what each environment used of them, 95th percentile of 7 days; whole where "
        "that is not known, as for the platform's own). An estimate: node selectors, topology spread and disruption "
        "budgets are not looked at."
    ),
    labels=("pool", "basis"),
)
INSTANCES = Metric(
    name="govcloud_duplicate_instances",
    help=(
        "Instances of a program or service that two or more departments run. kind: image (one repository, any tag), "
        "or service (same engine, major version and size). The 50 groups of a kind that free most; the rest is other."
    ),
    labels=("group", "kind"),
)
DEPARTMENTS = Metric(
    name="govcloud_duplicate_departments",
    help="Departments that run a program or service of this group.",
    labels=("group", "kind"),
)
DUPLICATE_CPU = Metric(
    name="govcloud_duplicate_reclaimable_cpu_cores",
    help=(
        "Requested CPU that sharing one instance would free, in cores: three quarters of what all departments but the "
        "largest request; the last quarter is the margin for keeping tenants apart."
    ),
    labels=("group", "kind"),
    unit="cores",
)
METRICS = (STRANDED, LARGEST_CPU, LARGEST_MEMORY, RECLAIMABLE, INSTANCES, DEPARTMENTS, DUPLICATE_CPU)


def families(efficiency: Efficiency) -> Iterator[GaugeMetricFamily]:
    """All families, those without samples too, in the order of `METRICS`."""
    yield from _pools(efficiency)
    groups = efficiency.duplicates
    yield INSTANCES.family((key, each.instances) for key, each in groups.items())
    yield DEPARTMENTS.family((key, each.departments) for key, each in groups.items())
    yield DUPLICATE_CPU.family((key, _cores(each.reclaimable_cpu_milli)) for key, each in groups.items())


def _pools(efficiency: Efficiency) -> Iterator[GaugeMetricFamily]:
    pools = efficiency.pools
    yield STRANDED.family(((name,), _cores(pool.stranded.cpu_milli)) for name, pool in pools.items())
    yield LARGEST_CPU.family(((name,), _cores(pool.largest_fit.cpu_milli)) for name, pool in pools.items())
    yield LARGEST_MEMORY.family(((name,), pool.largest_fit.memory_bytes) for name, pool in pools.items())
    yield RECLAIMABLE.family(
        ((name, basis), count) for name, pool in pools.items() for basis, count in pool.reclaimable_machines.items()
    )


def _cores(milli: int) -> float:
    # One division gives the closest float, so 350 milli-cores print as 0.35; 350 * 0.001 would not.
    return milli / 1000
