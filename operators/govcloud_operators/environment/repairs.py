"""Which writes put back what somebody changed or removed, as against what was never there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govcloud_api import conditions, labels
from govcloud_api.objects import Object, ref_of
from govcloud_operators import drift
from govcloud_operators.actions import Action, Apply, Create
from govcloud_operators.environment import openings
from govcloud_operators.environment.observed import Observed
from govcloud_operators.events import News

WATCHED = frozenset({"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy"})
FOLLOWS_OTHERS = frozenset({openings.EGRESS_NAME, openings.INGRESS_NAME})
"""Exemptions and the cluster's networks change these as well: a write is no proof of a stranger's hand."""


def news(observed: Observed, actions: Iterable[Action]) -> Iterator[News]:
    """One Event a repaired object; none while the environment is made, changed by request, or changes its state."""
    if not _stood_like_this(observed):
        return
    for action in actions:
        if not isinstance(action, Apply | Create) or action.obj["kind"] not in WATCHED:
            continue
        live = observed.live.get(ref_of(action.obj))
        name = f"{action.obj['kind']} {action.obj['metadata']['name']}"
        if live is None and action.obj["metadata"]["name"] not in FOLLOWS_OTHERS:
            yield News(reason="Repaired", message=f"{name} was removed by somebody; it was made again", type="Warning")
        elif live is not None and _is_foreign_change(live, action.obj):
            yield News(reason="Repaired", message=f"{name} was changed by somebody; it is as approved again")


def _stood_like_this(observed: Observed) -> bool:
    environment = observed.environment
    wire = {"status": environment.status.wire()}
    rested = conditions.find(wire, "Suspended")
    same = rested is not None and (rested["status"] == "True") == observed.life.suspended
    return (
        same
        and environment.status.observed_generation == environment.metadata.generation
        and conditions.holds(wire, "NamespaceReady")
    )


def _is_foreign_change(live: Object, wanted: Object) -> bool:
    if wanted["kind"] != "Namespace":
        return wanted["metadata"]["name"] not in FOLLOWS_OTHERS
    metadata = wanted["metadata"]
    marks = metadata["labels"].items()
    fixed = {label: value for label, value in marks if not label.startswith(labels.EXEMPT_PREFIX)}
    return not drift.covers(live, wanted | {"metadata": metadata | {"labels": fixed}})
