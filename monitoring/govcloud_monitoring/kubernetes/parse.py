"""Pages of Kubernetes lists (JSON bytes) to small values. Pure; decodes only the fields named here.

Unknown fields are skipped by the decoder, so a newer API server does not break it; absent fields have defaults.
Every function raises ValueError (msgspec's errors are ValueErrors) when the page is not what the API promises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from govcloud_api import labels, quantity
from govcloud_monitoring.kubernetes.pods import Amount, Condition, PodSpec, PodStatus, Quantities, counts, request

Item = TypeVar("Item")

POOL_LABEL = f"{labels.GROUP}/pool"
"""Node label that names the node's pool."""
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
CONTROL_PLANE_POOL = "control-plane"
WORKER_POOL = "workers"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; `continue_token` is empty on the last page."""

    items: tuple[Item, ...]
    continue_token: str = ""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace that belongs to a department. What follows it is empty when the label is not set."""

    name: str
    department: str
    purpose: str
    project: str
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that holds resources of a node."""

    namespace: str
    node: str
    request: Amount


@dataclass(frozen=True, slots=True)
class Quota:
    """One hard limit on a namespace's requests; None where the quota does not limit that resource."""

    namespace: str
    cpu_milli: int | None
    memory_bytes: int | None
    storage_bytes: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster. `state`: ready, not_ready or cordoned."""

    name: str
    pool: str
    state: str
    installed_cpu_milli: int
    allocatable: Amount


@dataclass(frozen=True, slots=True)
class Claim:
    """A bound volume claim and the storage it got."""

    namespace: str
    storage_class: str
    storage_bytes: int


class _ListMeta(msgspec.Struct):
    continue_token: str = msgspec.field(name="continue", default="")


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""
    labels: dict[str, str] = {}


class _Taint(msgspec.Struct):
    key: str
    effect: str = ""


class _NodeSpec(msgspec.Struct):
    unschedulable: bool = False
    taints: list[_Taint] = []


class _NodeStatus(msgspec.Struct):
    capacity: Quantities = Quantities()
    allocatable: Quantities = Quantities()
    conditions: list[Condition] = []


class _QuotaSpec(msgspec.Struct, rename="camel"):
    hard: dict[str, str] = {}
    scopes: list[str] = []
    scope_selector: dict[str, object] = {}


class _ClaimSpec(msgspec.Struct, rename="camel"):
    storage_class_name: str = ""


class _ClaimStatus(msgspec.Struct):
    phase: str = ""
    capacity: dict[str, str] = {}


class _PodItem(msgspec.Struct):
    metadata: _Metadata
    spec: PodSpec
    status: PodStatus


class _NamespaceItem(msgspec.Struct):
    metadata: _Metadata


class _NodeItem(msgspec.Struct):
    metadata: _Metadata
    spec: _NodeSpec
    status: _NodeStatus


class _QuotaItem(msgspec.Struct):
    metadata: _Metadata
    spec: _QuotaSpec


class _ClaimItem(msgspec.Struct):
    metadata: _Metadata
    spec: _ClaimSpec
    status: _ClaimStatus


class _List(msgspec.Struct, Generic[Item]):
    metadata: _ListMeta
    items: list[Item] | None = None


_PODS = msgspec.json.Decoder(_List[_PodItem])
_NAMESPACES = msgspec.json.Decoder(_List[_NamespaceItem])
_NODES = msgspec.json.Decoder(_List[_NodeItem])
_QUOTAS = msgspec.json.Decoder(_List[_QuotaItem])
_CLAIMS = msgspec.json.Decoder(_List[_ClaimItem])


def pods(page: bytes) -> Page[Pod]:
    """Pods that are scheduled and not finished."""
    found = _PODS.decode(page)
    return Page(
        tuple(
            Pod(item.metadata.namespace, item.spec.node_name, request(item.spec, item.status))
            for item in found.items or ()
            if counts(item.spec, item.status)
        ),
        found.metadata.continue_token,
    )


def namespaces(page: bytes) -> Page[Namespace]:
    """Namespaces with the operator-owned department label; nothing else says who owns a namespace."""
    found = _NAMESPACES.decode(page)
    return Page(
        tuple(_namespace(item.metadata) for item in found.items or () if item.metadata.labels.get(labels.DEPARTMENT)),
        found.metadata.continue_token,
    )


def nodes(page: bytes) -> Page[Node]:
    """All nodes, ready or not."""
    found = _NODES.decode(page)
    return Page(tuple(_node(item) for item in found.items or ()), found.metadata.continue_token)


def quotas(page: bytes) -> Page[Quota]:
    """ResourceQuotas that limit everything in their namespace; a scoped quota limits only a part and is left out."""
    found = _QUOTAS.decode(page)
    return Page(
        tuple(_quota(item) for item in found.items or () if not (item.spec.scopes or item.spec.scope_selector)),
        found.metadata.continue_token,
    )


def claims(page: bytes) -> Page[Claim]:
    """Volume claims that are bound, with the capacity they got (which may exceed what was asked for)."""
    found = _CLAIMS.decode(page)
    return Page(
        tuple(
            Claim(
                item.metadata.namespace,
                item.spec.storage_class_name,
                quantity.size_bytes(item.status.capacity.get("storage", "0")),
            )
            for item in found.items or ()
            if item.status.phase == "Bound"
        ),
        found.metadata.continue_token,
    )


def _namespace(metadata: _Metadata) -> Namespace:
    found = metadata.labels
    more = (found.get(label, "") for label in (labels.PURPOSE, labels.PRODUCT, labels.TIER))
    return Namespace(metadata.name, found[labels.DEPARTMENT], *more)


def _node(item: _NodeItem) -> Node:
    return Node(
        item.metadata.name,
        item.metadata.labels.get(POOL_LABEL) or _default_pool(item.spec.taints),
        _state(item),
        item.status.capacity.amount().cpu_milli,
        item.status.allocatable.amount(),
    )


def _default_pool(taints: Iterable[_Taint]) -> str:
    """A control plane that refuses ordinary pods is a pool of its own; one that takes them works like any other."""
    reserved = any(taint.key == CONTROL_PLANE and taint.effect != "PreferNoSchedule" for taint in taints)
    return CONTROL_PLANE_POOL if reserved else WORKER_POOL


def _state(item: _NodeItem) -> str:
    if not any(each.type == "Ready" and each.status == "True" for each in item.status.conditions):
        return "not_ready"
    return "cordoned" if item.spec.unschedulable else "ready"


def _quota(item: _QuotaItem) -> Quota:
    hard = item.spec.hard
    # `cpu` and `requests.cpu` are two names of one limit; the smaller one binds.
    cpu = [quantity.cpu_millicores(hard[name]) for name in ("cpu", "requests.cpu") if name in hard]
    memory = [quantity.size_bytes(hard[name]) for name in ("memory", "requests.memory") if name in hard]
    storage = quantity.size_bytes(hard["requests.storage"]) if "requests.storage" in hard else None
    return Quota(item.metadata.namespace, min(cpu, default=None), min(memory, default=None), storage)
