"""A namespace goes from one department to another: people out, owner changed, proof, people in. Pure.

The new Environment notes on the namespace that it takes it over; from then on the old one keeps its hands off. Then
the old department's access goes, then the owner changes, in one write that says from whom. The old Environment sees
that and goes, without the namespace.
"""

from __future__ import annotations

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_operators import isolation
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.environment import desired
from govcloud_operators.environment.observed import Observed

FIELD_MANAGER = f"{labels.OPERATOR_FIELD_MANAGER}-transfer"
"""Of its own: the note stays when the operator states the namespace's other metadata."""


def origin_uid(observed: Observed) -> str:
    """UID of the Environment it comes from, empty when it was made anew."""
    return observed.environment.metadata.annotations.get(labels.TRANSFERRED_FROM, "")


def lacks_name(observed: Observed) -> bool:
    """It takes a namespace over and does not know yet which."""
    return bool(origin_uid(observed)) and not observed.environment.metadata.annotations.get(labels.WORK_NAMESPACE)


def is_due(observed: Observed) -> bool:
    """The namespace still belongs to the Environment it comes from."""
    found, origin = observed.namespace, origin_uid(observed)
    return found is not None and bool(origin) and isolation.is_owned(found, origin)


def is_given_away(observed: Observed) -> bool:
    """The namespace was this Environment's and belongs to another one now."""
    return isolation.note(observed.namespace, labels.TRANSFERRED_FROM) == observed.environment.metadata.uid


def is_claimed(observed: Observed) -> bool:
    """Somebody who is there takes the namespace over."""
    return observed.successor is not None


def take_over(observed: Observed) -> tuple[Action, ...]:
    """The next step: claim, then everybody's access goes and the owner changes."""
    environment, found = observed.environment, observed.namespace
    if found is None:
        return ()
    if isolation.note(found, labels.TRANSFERRED_TO) != environment.metadata.uid:
        return (Apply(_claim(found, environment.metadata.uid), FIELD_MANAGER),)
    wanted = desired.namespace(observed.plan)
    wanted["metadata"] = wanted["metadata"] | {"uid": found["metadata"]["uid"]}
    return (*without_access(observed), Apply(wanted))


def without_access(observed: Observed) -> tuple[Delete, ...]:
    """Nobody gets in any more."""
    return tuple(Delete(ref, obj["metadata"]["uid"]) for ref, obj in observed.bindings.items())


def strangers(observed: Observed) -> tuple[Delete, ...]:
    """Access that was there before isolation was proven for the new owner: it is the old department's."""
    return without_access(observed) if awaits_proof(observed) else ()


def awaits_proof(observed: Observed) -> bool:
    """It took a namespace over, and its status does not say yet that isolation was proven for the new owner."""
    record = observed.environment.status.isolation_probe
    proven = record is not None and record.last_passed_at is not None
    return not proven and bool(origin_uid(observed))


def successor_uid(namespace: Object | None, own_uid: str) -> str:
    """UID of the Environment that claims a namespace, empty when nobody does."""
    noted = isolation.note(namespace, labels.TRANSFERRED_TO)
    return "" if noted == own_uid else noted


def _claim(namespace: Object, uid: str) -> Object:
    ref = Ref("v1", "Namespace", namespace["metadata"]["name"])
    metadata = {"name": ref.name, "uid": namespace["metadata"]["uid"], "annotations": {labels.TRANSFERRED_TO: uid}}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
