"""What is kept of each object of the cluster: a few small values. Amounts are exact integers."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from govcloud_monitoring.efficiency.inputs import KUBELET_MAX_PODS
from govcloud_monitoring.kubernetes.placing import UNKNOWN, Placement
from govcloud_monitoring.kubernetes.pods import Amount


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace that belongs to a department. What follows it is empty when the label is not set."""

    name: str
    department: str
    purpose: str
    project: str
    tier: str = ""


class Pod(msgspec.Struct, frozen=True, gc=False):
    """A pod that holds resources of a node."""

    namespace: str
    node: str
    request: Amount
    placement: Placement = UNKNOWN
    cpu_limit_milli: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pod that no machine has room for."""

    namespace: str


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
    max_pods: int = KUBELET_MAX_PODS


@dataclass(frozen=True, slots=True)
class Claim:
    """A bound volume claim and the storage it got."""

    namespace: str
    storage_class: str
    storage_bytes: int
    name: str = ""
