"""ServiceTier: gather -> decide -> perform -> status. Small enough to be one module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govcloud_api import conditions, labels
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import ServiceTier
from govcloud_kube import Cluster
from govcloud_operators import drift, rounds, statuses
from govcloud_operators.actions import Action, Create, Delete, read

PRIORITY_VERSION = "scheduling.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at a tier, its PriorityClass and the departments that have it."""

    tier: ServiceTier
    live: Mapping[Ref, Object]
    departments: int
    now: datetime

    @property
    def priority_class(self) -> Object | None:
        """The object of that name, whoever made it."""
        return self.live.get(ref_of(priority_class(self.tier)))

    @property
    def owns(self) -> bool:
        """Made for this very tier."""
        owners = ((self.priority_class or {}).get("metadata") or {}).get("ownerReferences") or []
        return any(owner["uid"] == self.tier.metadata.uid for owner in owners)


def tier_ref(name: str) -> Ref:
    """Ref of a ServiceTier."""
    return Ref(labels.API_VERSION, "ServiceTier", name)


def class_name(tier: str) -> str:
    """Name of the PriorityClass of a tier's pods."""
    return f"govcloud-{tier}"


def priority_class(tier: ServiceTier) -> Object:
    """Pods of a higher tier take the place of lower ones; it goes with its tier."""
    owner = {
        "apiVersion": labels.API_VERSION,
        "kind": "ServiceTier",
        "name": tier.metadata.name,
        "uid": tier.metadata.uid,
    }
    metadata = {
        "name": class_name(tier.metadata.name),
        "labels": {labels.MANAGED_BY: labels.MANAGER, labels.TIER: tier.metadata.name},
        "ownerReferences": [owner],
    }
    return {
        "apiVersion": PRIORITY_VERSION,
        "kind": "PriorityClass",
        "metadata": metadata,
        "value": tier.spec.priority,
        "description": f"Pods of environments of tier {tier.metadata.name}.",
    }


def reconcile(cluster: Cluster, name: str, now: datetime) -> float | None:
    """Bring a tier to where it says. Returns None: events and the resync bring the next look."""
    outcome = rounds.converge(cluster, lambda: gather(cluster, name, now), decide, lambda wanted: wanted)
    if outcome is not None:
        observed, _ = outcome
        statuses.write_if_changed(cluster, tier_ref(name), observed.tier, status(observed))
    return None


def gather(cluster: Cluster, name: str, now: datetime) -> Observed | None:
    """Read everything; None when there is no such tier. Raises InvalidSpec when it cannot be understood."""
    found = cluster.get(tier_ref(name))
    if found is None:
        return None
    tier = ServiceTier.parse(found)
    users = (obj["spec"].get("serviceTierRef") for obj in cluster.list(labels.API_VERSION, "Department"))
    return Observed(
        tier=tier,
        live=read(cluster, [ref_of(priority_class(tier))]),
        departments=sum(user == name for user in users),
        now=now,
    )


def decide(observed: Observed) -> tuple[Action, ...]:
    """A value never changes (the API forbids it): a class that is not as it shall be is made anew. Pure."""
    wanted, live = priority_class(observed.tier), observed.priority_class
    if observed.tier.metadata.deletion_timestamp:
        return ()
    if live is None:
        return (Create(wanted),)
    if not observed.owns or drift.covers(live, wanted):
        return ()
    return (Delete(ref_of(wanted), live["metadata"]["uid"]), Create(wanted))


def status(observed: Observed) -> dict[str, Any]:
    """The whole status in wire form. Pure."""
    tier = observed.tier
    ready = Condition(type="Ready", status="True", reason="Ready")
    if not observed.owns:
        name = class_name(tier.metadata.name)
        text = f"PriorityClass {name} exists and was not made for this tier; remove it or give the tier another name"
        ready = Condition(type="Ready", status="False", reason="PriorityClassTaken", message=text)
    before = [condition.wire() for condition in tier.status.conditions]
    generation = tier.metadata.generation
    return {
        "departments": observed.departments,
        "observedGeneration": generation,
        "conditions": conditions.merge(before, [ready], generation=generation, now=observed.now),
    }
