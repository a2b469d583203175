"""Which events of our own kinds need no look: the echo of an own status, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_kube.memory import MemoryCluster
from govcloud_operators import copies
from govcloud_operators.copies import Copies
from govcloud_operators.keys import Key

ENVIRONMENT = Key("Environment", "dept-tax", "portal-sandbox")


class Desk:
    """Copies of a cluster in memory, and what they enqueue."""

    def __init__(self) -> None:
        self.cluster: Any = MemoryCluster()
        self.told: list[Key] = []
        self.copies = Copies(self.cluster, self.told.append)
        for shelf in self.copies.mirror.shelves:
            shelf.ready = True
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dept-tax"}}
        self.cluster.seed(home)

    def made(self, spec: Object) -> Object:
        """An Environment that is known."""
        metadata = {"name": "portal-sandbox", "namespace": "dept-tax"}
        body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}
        return self.copies.mirror.apply(body, field_manager="me")

    def status(self, made: Object, **status: Any) -> Object:
        return self.copies.mirror.patch_status(made | {"status": status}, field_manager="me")


def test_the_echo_of_an_own_status_is_quiet_and_everything_else_is_loud() -> None:
    desk = Desk()
    made = desk.made({"product": "portal"})
    answered = desk.status(made, phase="x")
    assert desk.copies.heard("MODIFIED", answered)
    assert not desk.copies.heard(None, answered), "a list at the start: nobody knows what happened before"
    changed = desk.cluster.apply(
        {**made, "spec": {"product": "other"}, "metadata": {"name": "portal-sandbox", "namespace": "dept-tax"}},
        field_manager="somebody",
    )
    assert not desk.copies.heard("MODIFIED", changed)
    assert not desk.copies.heard("DELETED", changed)


def test_a_change_that_slipped_in_before_an_own_status_is_told() -> None:
    desk = Desk()
    made = desk.made({"product": "portal"})
    body = {key: made[key] for key in ("apiVersion", "kind")} | {"spec": {"size": "large"}}
    desk.cluster.apply(body | {"metadata": {"name": "portal-sandbox", "namespace": "dept-tax"}}, field_manager="other")
    answered = desk.status(made, phase="x")
    assert desk.told == [ENVIRONMENT]
    assert desk.copies.heard("MODIFIED", answered), "kopf may show only the last of two changes"


@pytest.mark.parametrize(("phase", "looked_at"), [("Ready", False), ("Provisioning", True)])
def test_a_quiet_event_spares_the_object_its_department_and_history(phase: str, looked_at: bool) -> None:
    desk, added = Desk(), list[Key]()
    metadata = {"name": "first", "namespace": "dept-tax"}
    request = {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata, "spec": {}}
    desk.status(desk.copies.mirror.apply(request, field_manager="me"), phase=phase)
    keys = [ENVIRONMENT, Key("EnvironmentRequest", "dept-tax", "first"), Key("Department", None, "tax")]
    enqueue = desk.copies.enqueue(added.append)
    for key in keys:
        enqueue(key)
    assert added == keys, "a loud event"
    added.clear()
    token = copies._QUIET.set(True)
    for key in keys:
        enqueue(key)
    copies._QUIET.reset(token)
    assert added == [keys[1]] * looked_at
