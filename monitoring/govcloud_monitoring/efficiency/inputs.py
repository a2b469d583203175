"""Machines and pods as the efficiency figures need them, sorted into pools. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from govcloud_monitoring.kubernetes.pods import Amount

Tie = Literal["none", "daemon", "machine"]
"""What ties a pod to where it runs. `none`: it may run elsewhere. `daemon`: every machine has one, and it goes with its
machine (DaemonSet). `machine`: it cannot leave and holds its machine (local volume, mirror pod of the control plane).
"""
KUBELET_MAX_PODS = 110
"""`maxPods` of a kubelet that says nothing else (kubelet.config.k8s.io/v1beta1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A node. `schedulable`: ready and open to new pods; `max_pods`: `status.allocatable.pods`."""

    name: str
    pool: str
    allocatable: Amount
    max_pods: int = KUBELET_MAX_PODS
    schedulable: bool = True


class Placed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pod that holds resources of a node. `department` is empty for the platform's own pods.

    `app` names the workload within the namespace. Pods with the same `apart` never share a machine (required
    anti-affinity by host name); empty means that they may. `use` is the 95th percentile of what it uses, if known.
    """

    namespace: str
    node: str
    request: Amount
    department: str = ""
    app: str = ""
    images: tuple[str, ...] = ()
    tie: Tie = "none"
    apart: str = ""
    use: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRatio:
    """95th percentile of a namespace's use in thousandths of its requests, resource by resource."""

    cpu_permille: int
    memory_permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine and all pods on it."""

    machine: Machine
    pods: tuple[Placed, ...] = ()


def total(amounts: Iterable[Amount]) -> Amount:
    """Sum, resource by resource."""
    cpu_milli = memory_bytes = 0
    for amount in amounts:
        cpu_milli += amount.cpu_milli
        memory_bytes += amount.memory_bytes
    return Amount(cpu_milli, memory_bytes)


def by_pool(machines: Iterable[Machine], pods: Iterable[Placed]) -> dict[str, tuple[Host, ...]]:
    """Hosts by pool, all in the order of names. A pod whose node is not among the machines is left out."""
    ordered = sorted(machines, key=lambda each: each.name)
    on_machine: dict[str, list[Placed]] = {each.name: [] for each in ordered}
    for pod in pods:
        if pod.node in on_machine:
            on_machine[pod.node].append(pod)
    pools: defaultdict[str, list[Host]] = defaultdict(list)
    for machine in ordered:
        pools[machine.pool].append(Host(machine=machine, pods=tuple(on_machine[machine.name])))
    return {name: tuple(pools[name]) for name in sorted(pools)}


def with_use(pods: Iterable[Placed], ratios: Mapping[str, UseRatio]) -> tuple[Placed, ...]:
    """Pods whose use is not known get their request times the ratio of their namespace, if that is known; rounds up."""
    return tuple(
        msgspec.structs.replace(pod, use=_share(pod.request, ratios[pod.namespace]))
        if pod.use is None and pod.namespace in ratios
        else pod
        for pod in pods
    )


def _share(request: Amount, ratio: UseRatio) -> Amount:
    return Amount(
        -(-request.cpu_milli * ratio.cpu_permille // 1000), -(-request.memory_bytes * ratio.memory_permille // 1000)
    )
