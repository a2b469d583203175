"""WorkCalendar: says whether its days can be counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from govcloud_api import conditions, labels, workdays
from govcloud_api.conditions import Condition
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import WorkCalendar
from govcloud_kube import Cluster
from govcloud_operators import statuses


def reconcile(cluster: Cluster, name: str, now: datetime) -> None:
    """Write the condition Ready; events bring the next look."""
    ref = Ref(labels.API_VERSION, "WorkCalendar", name)
    found = cluster.get(ref)
    if found is None:
        return
    calendar = WorkCalendar.parse(found)
    statuses.write_if_changed(cluster, ref, calendar, status(calendar, now))


def status(calendar: WorkCalendar, now: datetime) -> dict[str, Any]:
    """The whole status. Pure."""
    wrong = workdays.problems(calendar.spec)
    ready = Condition(type="Ready", status="True", reason="Ready")
    if wrong:
        ready = Condition(type="Ready", status="False", reason="Wrong", message="; ".join(wrong))
    before = [condition.wire() for condition in calendar.status.conditions]
    generation = calendar.metadata.generation
    return {
        "observedGeneration": generation,
        "conditions": conditions.merge(before, [ready], generation=generation, now=now),
    }
