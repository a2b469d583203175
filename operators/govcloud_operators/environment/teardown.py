"""The way out, one visible step after another: service bindings, service instances, the namespace. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from govcloud_api import labels
from govcloud_api.objects import Object, ref_of
from govcloud_api.v1alpha1 import model
from govcloud_operators import isolation
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.environment import desired, status
from govcloud_operators.environment.life import removed_by_time
from govcloud_operators.environment.observed import Observed

FIELD_MANAGER = f"{labels.OPERATOR_FIELD_MANAGER}-teardown"
KINDS = ("ServiceBinding", "ServiceInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do now and what people are told."""

    actions: tuple[Action, ...] = ()
    told: str = ""
    done: bool = False
    """Nothing is left: the Environment itself may go."""
    blocked: bool = False
    """People must act first; until then it stands as it stood."""


def step(observed: Observed) -> Step:
    """The first step that is not finished; nothing is removed while something forbids it.

    Instances with deletion protection stop a removal that somebody asked for. They do not stop one whose time has
    run out: for two weeks nothing of it ran and its status named the day.
    """
    environment, found = observed.environment, observed.namespace
    if found is None or not isolation.is_owned(found, environment.metadata.uid):
        return Step(done=True)
    if environment.spec.legal_hold:
        return Step(told="blocked by a legal hold; the platform team lifts it", blocked=True)
    if observed.successor is not None:
        return Step(told=f"waits until {_name(observed.successor.metadata)} has taken its namespace over")
    if isolation.is_going(found):
        return Step(told=status.remaining_content(observed))
    return _services(observed) or _namespace(observed, found)


def _services(observed: Observed) -> Step | None:
    by_time = removed_by_time(observed.environment, observed.now)
    protected = [found for found in _of(observed, "ServiceInstance") if _is_protected(found)]
    if protected and not by_time:
        text = "set spec.deletionProtection of each to false, after saving what you need"
        return Step(told=f"blocked by protected service instances {_names(protected)}; {text}", blocked=True)
    if bindings := _of(observed, "ServiceBinding"):
        return Step(actions=_deletes(bindings), told=f"service bindings are being revoked: {_names(bindings)}")
    instances = _of(observed, "ServiceInstance")
    if not instances:
        return None
    freed = tuple(Apply(_unprotected(found), FIELD_MANAGER) for found in protected)
    return Step(actions=freed or _deletes(instances), told=f"services are being removed: {_names(instances)}")


def _namespace(observed: Observed, found: Object) -> Step:
    gone = Delete(desired.namespace_ref(observed.environment), found["metadata"]["uid"])
    return Step(actions=(gone,), told=status.remaining_content(observed))


def _of(observed: Observed, kind: str) -> list[Object]:
    return [found for found in observed.services if found["kind"] == kind]


def _is_protected(found: Object) -> bool:
    """Absent means true, as the schema says."""
    return bool((found.get("spec") or {}).get("deletionProtection", True)) and not isolation.is_going(found)


def _deletes(found: list[Object]) -> tuple[Delete, ...]:
    return tuple(Delete(ref_of(obj), obj["metadata"]["uid"]) for obj in found if not isolation.is_going(obj))


def _unprotected(found: Object) -> Object:
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": metadata,
        "spec": {"deletionProtection": False},
    }


def _names(found: list[Object]) -> str:
    return ", ".join(obj["metadata"]["name"] for obj in found)


def _name(metadata: model.Metadata) -> str:
    return f"{metadata.namespace}/{metadata.name}"
