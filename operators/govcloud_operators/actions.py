"""What a decision may ask of the cluster, as values; and the one function that carries it out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from govcloud_api import labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_kube import Cluster
from govcloud_operators import drift
from govcloud_operators.isolation import RBAC_VERSION


@dataclass(frozen=True, slots=True)
class Apply:
    """Server-side apply: repairs what somebody changed.

    What a field manager applied before and leaves out now is removed: parts of one object that are decided about
    apart need managers of their own.
    """

    obj: Object
    field_manager: str = labels.OPERATOR_FIELD_MANAGER


@dataclass(frozen=True, slots=True)
class Create:
    """Create, and never touch an object that has the name already."""

    obj: Object


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete exactly the object that was looked at; a successor of the same name stays."""

    ref: Ref
    uid: str


Action = Apply | Create | Delete


def perform(cluster: Cluster, actions: Iterable[Action]) -> None:
    """Carry out in order. Raises what `Cluster` raises; what was done before stays done."""
    for action in actions:
        match action:
            case Apply(obj, field_manager):
                cluster.apply(obj, field_manager=field_manager)
            case Create(obj):
                cluster.create(obj)
            case Delete(ref, uid):
                cluster.delete(ref, uid=uid)


def first_stage(stages: Sequence[Sequence[Object]], live: Mapping[Ref, Object]) -> tuple[Action, ...]:
    """Writes of the first stage that the world does not show yet; later stages wait for it."""
    for stage in stages:
        pairs = [(obj, live.get(ref_of(obj))) for obj in stage]
        missing = tuple(_write(wanted, found) for wanted, found in pairs if not drift.covers(found, wanted))
        if missing:
            return missing
    return ()


def _write(wanted: Object, live: Object | None) -> Action:
    """A namespace is only ever created, never taken over; what was looked at is repaired, not its successor."""
    if live is not None:
        return Apply(wanted | {"metadata": wanted["metadata"] | {"uid": live["metadata"]["uid"]}})
    return Create(wanted) if wanted["kind"] == "Namespace" else Apply(wanted)


def read(cluster: Cluster, refs: Iterable[Ref]) -> dict[Ref, Object]:
    """Live objects by Ref; those that are not there are left out."""
    found = ((ref, cluster.get(ref)) for ref in refs)
    return {ref: obj for ref, obj in found if obj is not None}


def read_bindings(cluster: Cluster, namespace: str, names: Collection[str]) -> dict[Ref, Object]:
    """RoleBindings that are ours by label and name; one without our label is as good as missing: it is made anew."""
    selector = labels.selector({labels.MANAGED_BY: labels.MANAGER})
    found = cluster.list(RBAC_VERSION, "RoleBinding", namespace=namespace, label_selector=selector)
    return {ref_of(obj): obj for obj in found if obj["metadata"]["name"] in names}
