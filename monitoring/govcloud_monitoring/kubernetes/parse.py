"""Pages of Kubernetes lists and lines of watches (JSON bytes) to small values. Pure; decodes only what is named here.

Unknown fields are skipped by the decoder, so a newer API server does not break it; absent fields have defaults.
Every function raises ValueError (msgspec's errors are ValueErrors) on bytes that are not what the API promises; what
reads a line of a watch raises also what `wire.told` does.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from govcloud_api import labels, quantity
from govcloud_monitoring.efficiency.inputs import KUBELET_MAX_PODS
from govcloud_monitoring.kubernetes.limits import cpu_limit_milli
from govcloud_monitoring.kubernetes.placing import Owner, Spec, placement
from govcloud_monitoring.kubernetes.pods import Condition, PodStatus, Quantities, counts, granted, lacks_room, request
from govcloud_monitoring.kubernetes.values import Claim, Namespace, Node, Pod, Quota, Waiting
from govcloud_monitoring.watch.wire import Change, Metadata, Page, events, lists, paged, told

POOL_LABEL = f"{labels.GROUP}/pool"
"""Node label that names the node's pool."""
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
CONTROL_PLANE_POOL = "control-plane"
WORKER_POOL = "workers"


class _Metadata(Metadata, gc=False):
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class _Taint(msgspec.Struct, gc=False):
    key: str
    effect: str = ""


class _NodeSpec(msgspec.Struct, gc=False):
    unschedulable: bool = False
    taints: list[_Taint] = []


class _Allocatable(Quantities, frozen=True, gc=False):
    pods: str | None = None


class _NodeStatus(msgspec.Struct, gc=False):
    capacity: Quantities = Quantities()
    allocatable: _Allocatable = _Allocatable()
    conditions: list[Condition] = []


class _QuotaSpec(msgspec.Struct, rename="camel", gc=False):
    hard: dict[str, str] = {}
    scopes: list[str] = []
    scope_selector: dict[str, object] = {}


class _ClaimSpec(msgspec.Struct, rename="camel", gc=False):
    storage_class_name: str = ""


class _ClaimStatus(msgspec.Struct, gc=False):
    phase: str = ""
    capacity: dict[str, str] = {}


class _PodMetadata(_Metadata, rename="camel", gc=False):
    owner_references: list[Owner] = msgspec.field(default_factory=list)


class _PodItem(msgspec.Struct, gc=False):
    metadata: _PodMetadata
    spec: Spec
    status: PodStatus


class _NamespaceItem(msgspec.Struct, gc=False):
    metadata: _Metadata


class _NodeItem(msgspec.Struct, gc=False):
    metadata: _Metadata
    spec: _NodeSpec
    status: _NodeStatus


class _QuotaItem(msgspec.Struct, gc=False):
    metadata: _Metadata
    spec: _QuotaSpec


class _ClaimItem(msgspec.Struct, gc=False):
    metadata: _Metadata
    spec: _ClaimSpec
    status: _ClaimStatus


_PODS = lists(_PodItem)
_NAMESPACES = lists(_NamespaceItem)
_NODES = lists(_NodeItem)
_QUOTAS = lists(_QuotaItem)
_CLAIMS = lists(_ClaimItem)
_POD = events(_PodItem)
_NAMESPACE = events(_NamespaceItem)
_NODE = events(_NodeItem)
_QUOTA = events(_QuotaItem)
_CLAIM = events(_ClaimItem)


def pods(page: bytes) -> Page[Pod | Waiting]:
    """Pods that are scheduled and not finished, and those that no machine has room for."""
    return paged(_PODS.decode(page), _pod)


def pod(line: bytes) -> Change[Pod | Waiting]:
    """The same of one pod; it has no value before it was looked at by the scheduler, and when it has finished."""
    return told(_POD.decode(line), _pod)


def namespaces(page: bytes) -> Page[Namespace]:
    """Namespaces with the operator-owned department label; nothing else says who owns a namespace."""
    return paged(_NAMESPACES.decode(page), _namespace)


def namespace(line: bytes) -> Change[Namespace]:
    """The same of one namespace."""
    return told(_NAMESPACE.decode(line), _namespace)


def nodes(page: bytes) -> Page[Node]:
    """All nodes, ready or not."""
    return paged(_NODES.decode(page), _node)


def node(line: bytes) -> Change[Node]:
    """The same of one node."""
    return told(_NODE.decode(line), _node)


def quotas(page: bytes) -> Page[Quota]:
    """ResourceQuotas that limit everything in their namespace; a scoped quota limits only a part and is left out."""
    return paged(_QUOTAS.decode(page), _quota)


def quota(line: bytes) -> Change[Quota]:
    """The same of one quota."""
    return told(_QUOTA.decode(line), _quota)


def claims(page: bytes) -> Page[Claim]:
    """Volume claims that are bound, with the capacity they got (which may exceed what was asked for)."""
    return paged(_CLAIMS.decode(page), _claim)


def claim(line: bytes) -> Change[Claim]:
    """The same of one claim."""
    return told(_CLAIM.decode(line), _claim)


def _pod(item: _PodItem) -> Pod | Waiting | None:
    metadata, spec = item.metadata, item.spec
    if not counts(spec, item.status):
        return Waiting(metadata.namespace) if lacks_room(spec, item.status) else None
    place = placement((metadata.namespace, metadata.name), metadata.labels, metadata.owner_references, spec)
    given = granted(item.status)
    return Pod(metadata.namespace, spec.node_name, request(spec, given), place, cpu_limit_milli(spec, given))


def _namespace(item: _NamespaceItem) -> Namespace | None:
    found = item.metadata.labels
    if not found.get(labels.DEPARTMENT):
        return None
    more = (found.get(label, "") for label in (labels.PURPOSE, labels.PRODUCT, labels.TIER))
    return Namespace(item.metadata.name, found[labels.DEPARTMENT], *more)


def _node(item: _NodeItem) -> Node:
    return Node(
        item.metadata.name,
        item.metadata.labels.get(POOL_LABEL) or _default_pool(item.spec.taints),
        _state(item),
        item.status.capacity.amount().cpu_milli,
        item.status.allocatable.amount(),
        int(item.status.allocatable.pods or KUBELET_MAX_PODS),
    )


def _default_pool(taints: Iterable[_Taint]) -> str:
    """A control plane that refuses ordinary pods is a pool of its own; one that takes them works like any other."""
    reserved = any(taint.key == CONTROL_PLANE and taint.effect != "PreferNoSchedule" for taint in taints)
    return CONTROL_PLANE_POOL if reserved else WORKER_POOL


def _state(item: _NodeItem) -> str:
    if not any(each.type == "Ready" and each.status == "True" for each in item.status.conditions):
        return "not_ready"
    return "cordoned" if item.spec.unschedulable else "ready"


def _quota(item: _QuotaItem) -> Quota | None:
    if item.spec.scopes or item.spec.scope_selector:
        return None
    hard = item.spec.hard
    # `cpu` and `requests.cpu` are two names of one limit; the smaller one binds.
    cpu = [quantity.cpu_millicores(hard[name]) for name in ("cpu", "requests.cpu") if name in hard]
    memory = [quantity.size_bytes(hard[name]) for name in ("memory", "requests.memory") if name in hard]
    storage = quantity.size_bytes(hard["requests.storage"]) if "requests.storage" in hard else None
    return Quota(item.metadata.namespace, min(cpu, default=None), min(memory, default=None), storage)


def _claim(item: _ClaimItem) -> Claim | None:
    if item.status.phase != "Bound":
        return None
    size_bytes = quantity.size_bytes(item.status.capacity.get("storage", "0"))
    return Claim(item.metadata.namespace, item.spec.storage_class_name, size_bytes, item.metadata.name)
