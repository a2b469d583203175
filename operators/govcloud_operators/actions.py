"""What a decision may ask of the cluster, as values; and the one function that carries it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from govcloud_api import labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_kube import Cluster
from govcloud_operators import drift


@dataclass(frozen=True, slots=True)
class Apply:
    """Server-side apply: repairs what somebody changed."""

    obj: Object


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
            case Apply(obj):
                cluster.apply(obj, field_manager=labels.OPERATOR_FIELD_MANAGER)
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
