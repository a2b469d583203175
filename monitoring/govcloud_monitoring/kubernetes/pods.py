"""What one pod asks of its node, by the rule the scheduler uses. Pure.

The formula is `resourcehelper.PodRequests` of k8s.io/component-helpers v0.36 with `UseStatusResources`, the same call
`kubectl describe node` makes: containers by sum, restartable init containers by sum, other init containers by maximum,
pod-level requests instead of the sum where set, overhead on top, and during an in-place resize the larger value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from govcloud_api import quantity

NO_ROOM = ("Insufficient ", "Too many pods")
"""In what the scheduler says of a machine that is too full: its plugin NodeResourcesFit, `fit.go`."""


class Amount(msgspec.Struct, frozen=True, order=True, gc=False):
    """CPU in milli-cores and memory in bytes, exact."""

    cpu_milli: int = 0
    memory_bytes: int = 0

    @property
    def has_both(self) -> bool:
        """Whether there is some of each."""
        return self.cpu_milli != 0 and self.memory_bytes != 0

    def plus(self, other: Amount) -> Amount:
        """Sum of both, resource by resource."""
        if self is NOTHING or other is NOTHING:  # most of what is added up for one pod
            return other if self is NOTHING else self
        return Amount(self.cpu_milli + other.cpu_milli, self.memory_bytes + other.memory_bytes)

    def larger(self, other: Amount) -> Amount:
        """Maximum of both, resource by resource."""
        return Amount(max(self.cpu_milli, other.cpu_milli), max(self.memory_bytes, other.memory_bytes))


NOTHING = Amount()


class Quantities(msgspec.Struct, frozen=True, gc=False):
    """The two entries of a ResourceList that are counted, as the wire has them."""

    cpu: str | None = None
    memory: str | None = None

    def amount(self) -> Amount:
        """Exact integers; what is not set counts as nothing. Raises ValueError on a malformed quantity."""
        if self.cpu is None and self.memory is None:
            return NOTHING
        return Amount(quantity.cpu_millicores(self.cpu or "0"), quantity.size_bytes(self.memory or "0"))


class Limits(msgspec.Struct, frozen=True, gc=False):
    """The one limit that is counted."""

    cpu: str | None = None


class Resources(msgspec.Struct, frozen=True, gc=False):
    """`resources` of a container or a pod."""

    requests: Quantities = Quantities()
    limits: Limits = Limits()


class Container(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The part of a container that decides its request, and what it runs."""

    name: str
    image: str = ""
    resources: Resources = Resources()
    restart_policy: str = ""

    @property
    def is_sidecar(self) -> bool:
        """Whether an init container keeps running (KEP-753)."""
        return self.restart_policy == "Always"


class ContainerStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What the kubelet gave a container; differs from the spec during an in-place resize."""

    name: str
    resources: Resources | None = None
    allocated_resources: Quantities = Quantities()


class Granted(NamedTuple):
    """What the kubelet gave a pod's containers, by name; `refused`: the node can never grant what a resize wants."""

    containers: Mapping[str, ContainerStatus]
    refused: bool


class Condition(msgspec.Struct, frozen=True, gc=False):
    """The part of a condition that is read."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""


class PodSpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The part of a pod's spec that decides its request and where it counts."""

    containers: list[Container]
    node_name: str = ""
    init_containers: list[Container] = []
    overhead: Quantities = Quantities()
    resources: Resources = Resources()


class PodStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The part of a pod's status that decides whether and how it counts."""

    phase: str = ""
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


def counts(spec: PodSpec, status: PodStatus) -> bool:
    """Whether the pod holds a node's resources: scheduled and not finished."""
    return bool(spec.node_name) and status.phase not in {"Succeeded", "Failed"}


def lacks_room(spec: PodSpec, status: PodStatus) -> bool:
    """Whether the pod waits because machines are full; not for a volume, or for a machine that there is not."""
    return not spec.node_name and any(
        each.type == "PodScheduled"
        and each.status == "False"
        and each.reason == "Unschedulable"
        and any(words in each.message for words in NO_ROOM)
        for each in status.conditions
    )


def granted(status: PodStatus) -> Granted:
    """Of all containers, the init containers too."""
    return Granted(
        containers={each.name: each for each in (*status.container_statuses, *status.init_container_statuses)},
        refused=any(each.type == "PodResizePending" and each.reason == "Infeasible" for each in status.conditions),
    )


def request(spec: PodSpec, given: Granted) -> Amount:
    """What the pod reserves on its node. Raises ValueError on a malformed quantity."""
    summed = NOTHING
    for container in spec.containers:
        summed = summed.plus(_in_force(container, given))
    if spec.init_containers:
        summed = _with_start(spec, given, summed)
    return _pod_level(spec, summed).plus(spec.overhead.amount())


def _with_start(spec: PodSpec, given: Granted, running: Amount) -> Amount:
    """The larger of what the pod holds while it starts and while it runs."""
    sidecars, starting = NOTHING, NOTHING
    for container in spec.init_containers:
        if container.is_sidecar:
            sidecars = sidecars.plus(_in_force(container, given))
            starting = starting.larger(sidecars)
        else:
            starting = starting.larger(sidecars.plus(container.resources.requests.amount()))
    return running.plus(sidecars).larger(starting)


def _in_force(container: Container, given: Granted) -> Amount:
    """The request that counts while a resize may be under way."""
    wanted = container.resources.requests.amount()
    status = given.containers.get(container.name)
    if status is None or status.resources is None:
        return wanted
    current = status.resources.requests.amount().larger(status.allocated_resources.amount())
    return current if given.refused else current.larger(wanted)


def _pod_level(spec: PodSpec, summed: Amount) -> Amount:
    """Pod-level requests replace the containers' sum, each resource for itself (KEP-2837)."""
    wanted = spec.resources.requests
    if wanted.cpu is None and wanted.memory is None:
        return summed
    pod = wanted.amount()
    return Amount(
        summed.cpu_milli if wanted.cpu is None else pod.cpu_milli,
        summed.memory_bytes if wanted.memory is None else pod.memory_bytes,
    )
