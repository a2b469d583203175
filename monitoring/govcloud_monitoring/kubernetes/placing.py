"""What a pod runs and what ties it to its machine, from the wire. Pure.

A pod of a DaemonSet goes with its machine, a mirror pod and one with a volume claim hold it: the storage of the
platform is local. Two pods that refuse to share a host name never share a machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec

from govcloud_api import labels
from govcloud_monitoring.efficiency.inputs import Tie
from govcloud_monitoring.kubernetes.pods import PodSpec

HOST = "kubernetes.io/hostname"
_TIES: dict[str, Tie] = {"DaemonSet": "daemon", "Node": "machine"}


class Owner(msgspec.Struct, frozen=True, gc=False):
    """An owner reference."""

    kind: str
    name: str
    controller: bool = False


class ClaimName(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Which claim a volume is."""

    claim_name: str = ""


class Volume(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A volume of a pod; only claims are told apart. `ephemeral` ones are made for the pod and go with it."""

    name: str = ""
    persistent_volume_claim: ClaimName | None = None
    ephemeral: dict[str, object] | None = None


class Term(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A term of required anti-affinity."""

    topology_key: str = ""


class AntiAffinity(msgspec.Struct, frozen=True, gc=False):
    """The part of `podAntiAffinity` that binds."""

    required: list[Term] = msgspec.field(name="requiredDuringSchedulingIgnoredDuringExecution", default_factory=list)


class Affinity(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The part of `affinity` that is read."""

    pod_anti_affinity: AntiAffinity = AntiAffinity()


class Placement(msgspec.Struct, frozen=True, gc=False):
    """`app` is the workload within the namespace, `service` the ServiceInstance that the pod is part of, if any.

    `claims` are the names of the volume claims that it mounts.
    """

    app: str = ""
    service: str = ""
    images: tuple[str, ...] = ()
    tie: Tie = "none"
    apart: str = ""
    claims: tuple[str, ...] = ()


UNKNOWN = Placement()


class Spec(PodSpec, frozen=True, rename="camel", gc=False):
    """A pod's spec with what ties it to its machine."""

    volumes: list[Volume] = msgspec.field(default_factory=list)
    affinity: Affinity = Affinity()


def placement(key: tuple[str, str], own_labels: dict[str, str], owners: Iterable[Owner], spec: Spec) -> Placement:
    """Of one pod, by its namespace and name."""
    namespace, name = key
    controller = next((owner for owner in owners if owner.controller), None)
    app = _app(own_labels, controller)
    tie = _TIES.get(controller.kind, "none") if controller else "none"
    if any(volume.persistent_volume_claim is not None for volume in spec.volumes):
        tie = "machine"
    alone = any(term.topology_key == HOST for term in spec.affinity.pod_anti_affinity.required)
    return Placement(
        app=sys.intern(app),
        service=sys.intern(own_labels.get(labels.SERVICE, "")),
        images=tuple(sys.intern(each.image) for each in spec.containers if each.image),
        tie=tie,
        apart=sys.intern(f"{namespace}/{app}") if alone and app else "",
        claims=tuple(claim for volume in spec.volumes if (claim := _claim(name, volume))),
    )


def _claim(pod: str, volume: Volume) -> str:
    """An ephemeral volume's claim is called after the pod and the volume (KEP-1698)."""
    if volume.ephemeral is not None:
        return f"{pod}-{volume.name}"
    return volume.persistent_volume_claim.claim_name if volume.persistent_volume_claim else ""


def _app(own_labels: dict[str, str], controller: Owner | None) -> str:
    """A Deployment's pods belong to a ReplicaSet that is called after it and the hash of its template."""
    if controller is None:
        return ""
    hashed = own_labels.get("pod-template-hash")
    return controller.name.removesuffix(f"-{hashed}") if hashed else controller.name
