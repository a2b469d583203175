"""Sums of one moment: what departments were granted and hold, and what the pools offer. Pure and immutable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from govcloud_api.v1alpha1.model import Purpose
from govcloud_monitoring.efficiency import figures
from govcloud_monitoring.efficiency.figures import Efficiency
from govcloud_monitoring.efficiency.inputs import UseRatio
from govcloud_monitoring.folding import MAX_DEPARTMENTS, MAX_POOLS, MAX_STORAGE_CLASSES, OTHER, Folds, kept
from govcloud_monitoring.kubernetes import placed
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.values import Claim, Namespace, Node, Pod, Quota, Waiting
from govcloud_monitoring.services import summary
from govcloud_monitoring.services.parse import Instance, Offering
from govcloud_monitoring.services.summary import Services

PURPOSES: tuple[str, ...] = get_args(Purpose)
NODE_STATES = ("ready", "not_ready", "cordoned")
UNKNOWN_POOL = "unknown"
"""Pool of a pod whose node left, or is not known yet: each kind is followed for itself."""

Tenancy = tuple[str, str]
"""Department and purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Everything that is known at one moment."""

    namespaces: tuple[Namespace, ...] = ()
    pods: tuple[Pod, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    quotas: tuple[Quota, ...] = ()
    nodes: tuple[Node, ...] = ()
    claims: tuple[Claim, ...] = ()
    instances: tuple[Instance, ...] = ()
    offerings: tuple[Offering, ...] = ()
    ratios: Mapping[str, UseRatio] = field(default_factory=dict)
    """By namespace; empty while nothing is known of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What the machines of one pool offer together. `nodes` counts machines by state.

    `largest` is the most that one machine offers, resource by resource.
    """

    installed_cpu_milli: int
    allocatable: Amount
    nodes: Mapping[str, int]
    largest: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Integers only: milli-cores and bytes. Keys: (department, purpose[, pool or storage class]), or as said."""

    owners: tuple[Namespace, ...]
    cpu_quota_milli: Mapping[Tenancy, int]
    memory_quota_bytes: Mapping[Tenancy, int]
    storage_quota_bytes: Mapping[Tenancy, int]
    requested: Mapping[tuple[str, str, str], Amount]
    namespace_requested: Mapping[tuple[str, str], Amount]
    """By namespace and pool."""
    cpu_limit_milli: Mapping[tuple[str, str, str], int]
    platform_requested: Mapping[str, Amount]
    waiting_pods: Mapping[tuple[str], int]
    """By department."""
    storage_bytes: Mapping[tuple[str, str, str], int]
    namespace_storage_bytes: Mapping[tuple[str], int]
    """By namespace."""
    unmounted_claims: Mapping[tuple[str], int]
    """By namespace, of each that has claims."""
    pools: Mapping[str, Pool]
    efficiency: Efficiency
    services: Services
    folded: Mapping[str, int]


def summarise(lists: Lists) -> Snapshot:
    """All sums of one refresh. Every counted pod is in exactly one of `requested` and `platform_requested`."""
    folds = Folds()
    owners = _owners(lists.namespaces, folds)
    tenancy = {owner.name: (owner.department, owner.purpose) for owner in owners}
    pool_of = _pools_by_node(lists.nodes, folds)
    of_namespaces, platform = _requested(lists.pods, tenancy, pool_of)
    department_of = {owner.name: owner.department for owner in owners}
    efficiency = figures.summarise(placed.inputs(lists.nodes, lists.pods, department_of, lists.ratios))
    return Snapshot(
        owners=owners,
        cpu_quota_milli=_quota(tenancy, ((each.namespace, each.cpu_milli) for each in lists.quotas)),
        memory_quota_bytes=_quota(tenancy, ((each.namespace, each.memory_bytes) for each in lists.quotas)),
        storage_quota_bytes=_quota(tenancy, ((each.namespace, each.storage_bytes) for each in lists.quotas)),
        requested=_by_tenancy(of_namespaces, tenancy),
        namespace_requested=of_namespaces,
        cpu_limit_milli=_limits(lists.pods, tenancy, pool_of),
        platform_requested=platform,
        waiting_pods=Counter(
            (department_of[each.namespace],) for each in lists.waiting if each.namespace in department_of
        ),
        storage_bytes=_storage(lists.claims, tenancy, folds),
        namespace_storage_bytes=_namespace_storage(lists.claims, tenancy),
        unmounted_claims=_unmounted(lists, tenancy),
        pools=_pools(lists.nodes, pool_of),
        efficiency=efficiency,
        services=summary.summarise(lists.instances, lists.offerings, tenancy),
        folded=_together(folds.counts(), efficiency.folded),
    )


def _together(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Pools are folded twice, by the same choice: they count once."""
    return {label: max(one.get(label, 0), other.get(label, 0)) for label in {**one, **other}}


def _owners(namespaces: Iterable[Namespace], folds: Folds) -> tuple[Namespace, ...]:
    ordered = sorted(namespaces, key=lambda each: each.name)
    departments = kept((each.department for each in ordered), MAX_DEPARTMENTS)
    return tuple(
        Namespace(
            each.name,
            folds.fold("department", each.department, departments),
            folds.fold("purpose", each.purpose, PURPOSES) if each.purpose else OTHER,
            each.project,
            each.tier,
        )
        for each in ordered
    )


def _pools_by_node(nodes: Iterable[Node], folds: Folds) -> dict[str, str]:
    ordered = sorted(nodes, key=lambda each: each.name)
    pools = kept((each.pool for each in ordered), MAX_POOLS)
    return {each.name: folds.fold("pool", each.pool, pools) for each in ordered}


def _requested(
    pods: Iterable[Pod], tenancy: Container[str], pool_of: Mapping[str, str]
) -> tuple[dict[tuple[str, str], Amount], dict[str, Amount]]:
    """Of each department's namespace in each pool, and of everything else in each pool."""
    requested: defaultdict[tuple[str, str], Amount] = defaultdict(Amount)
    platform: defaultdict[str, Amount] = defaultdict(Amount)
    for pod in pods:
        pool = pool_of.get(pod.node, UNKNOWN_POOL)
        if pod.namespace in tenancy:
            requested[pod.namespace, pool] = requested[pod.namespace, pool].plus(pod.request)
        else:
            platform[pool] = platform[pool].plus(pod.request)
    return dict(requested), dict(platform)


def _by_tenancy(
    of_namespaces: Mapping[tuple[str, str], Amount], tenancy: Mapping[str, Tenancy]
) -> dict[tuple[str, str, str], Amount]:
    sums: defaultdict[tuple[str, str, str], Amount] = defaultdict(Amount)
    for (namespace, pool), amount in of_namespaces.items():
        sums[*tenancy[namespace], pool] = sums[*tenancy[namespace], pool].plus(amount)
    return dict(sums)


def _limits(
    pods: Iterable[Pod], tenancy: Mapping[str, Tenancy], pool_of: Mapping[str, str]
) -> dict[tuple[str, str, str], int]:
    """Only of those who have any."""
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for pod in pods:
        if pod.cpu_limit_milli and pod.namespace in tenancy:
            sums[*tenancy[pod.namespace], pool_of.get(pod.node, UNKNOWN_POOL)] += pod.cpu_limit_milli
    return dict(sums)


def _quota(tenancy: Mapping[str, Tenancy], limits: Iterable[tuple[str, int | None]]) -> dict[Tenancy, int]:
    """Within a namespace the smallest quota binds; namespaces of one department and purpose add up."""
    binding: dict[str, int] = {}
    for namespace, limit in limits:
        if limit is not None and namespace in tenancy:
            binding[namespace] = min(limit, binding.get(namespace, limit))
    sums: defaultdict[Tenancy, int] = defaultdict(int)
    for namespace, limit in binding.items():
        sums[tenancy[namespace]] += limit
    return dict(sums)


def _storage(claims: Iterable[Claim], tenancy: Mapping[str, Tenancy], folds: Folds) -> dict[tuple[str, str, str], int]:
    owned = [each for each in claims if each.namespace in tenancy]
    classes = kept((each.storage_class for each in owned), MAX_STORAGE_CLASSES)
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for each in owned:
        sums[*tenancy[each.namespace], folds.fold("storage_class", each.storage_class, classes)] += each.storage_bytes
    return dict(sums)


def _namespace_storage(claims: Iterable[Claim], tenancy: Container[str]) -> dict[tuple[str], int]:
    sums: defaultdict[tuple[str], int] = defaultdict(int)
    for each in claims:
        if each.namespace in tenancy:
            sums[each.namespace,] += each.storage_bytes
    return dict(sums)


def _unmounted(lists: Lists, tenancy: Container[str]) -> dict[tuple[str], int]:
    mounted = {(pod.namespace, claim) for pod in lists.pods for claim in pod.placement.claims}
    counts: Counter[tuple[str]] = Counter()
    for each in lists.claims:
        if each.namespace in tenancy:
            counts[each.namespace,] += (each.namespace, each.name) not in mounted
    return dict(counts)


def _pools(nodes: Iterable[Node], pool_of: Mapping[str, str]) -> dict[str, Pool]:
    members: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        members[pool_of[node.name]].append(node)
    return {name: _pool(machines) for name, machines in members.items()}


def _pool(machines: list[Node]) -> Pool:
    allocatable = largest = Amount()
    for machine in machines:
        allocatable = allocatable.plus(machine.allocatable)
        largest = largest.larger(machine.allocatable)
    return Pool(
        installed_cpu_milli=sum(machine.installed_cpu_milli for machine in machines),
        allocatable=allocatable,
        nodes={state: sum(machine.state == state for machine in machines) for state in NODE_STATES},
        largest=largest,
    )
