"""ApprovalPolicy: says whether the calendar it counts days by is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from govcloud_api import conditions, labels
from govcloud_api.conditions import Condition
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import ApprovalPolicy
from govcloud_kube import Cluster
from govcloud_operators import statuses


def reconcile(cluster: Cluster, name: str, now: datetime) -> None:
    """Write the condition Ready; events bring the next look."""
    ref = Ref(labels.API_VERSION, "ApprovalPolicy", name)
    found = cluster.get(ref)
    if found is None:
        return
    policy = ApprovalPolicy.parse(found)
    calendar = cluster.get(Ref(labels.API_VERSION, "WorkCalendar", policy.spec.calendar_ref))
    statuses.write_if_changed(cluster, ref, policy, status(policy, there=calendar is not None, now=now))


def status(policy: ApprovalPolicy, *, there: bool, now: datetime) -> dict[str, Any]:
    """The whole status; `there`: its calendar exists. Pure."""
    ready = Condition(type="Ready", status="True", reason="Ready")
    if not there:
        text = f"there is no WorkCalendar {policy.spec.calendar_ref}; until there is, every Monday to Friday counts"
        ready = Condition(type="Ready", status="False", reason="NoSuchCalendar", message=text)
    before = [condition.wire() for condition in policy.status.conditions]
    generation = policy.metadata.generation
    return {
        "observedGeneration": generation,
        "conditions": conditions.merge(before, [ready], generation=generation, now=now),
    }
