"""Which events of our own kinds need no look: the echo of an own status, and what does not concern others."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.keys import Key
from govcloud_operators.process.copies import Copies
from support import knocking

ENVIRONMENT = Key("Environment", "dept-tax", "portal-sandbox")


class Desk:
    """Copies of a cluster in memory, and what they enqueue."""

    def __init__(self) -> None:
        self.cluster: Any = MemoryCluster()
        self.told: list[Key] = []
        self.copies = Copies(self.cluster, self.told.append, knocking.knocks(self.cluster, lambda _: "silent"))
        for shelf in self.copies.mirror.shelves:
            shelf.ready = True
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dept-tax"}}
        self.cluster.seed(home)

    def made(self, spec: Object) -> Object:
        """An Environment that is known."""
        metadata = {"name": "portal-sandbox", "namespace": "dept-tax"}
        body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}
        return self.copies.mirror.apply(body, field_manager="me")

    def by_somebody(self, made: Object, **spec: Any) -> Object:
        """What the API server has after somebody else changed it; nothing of it is heard yet."""
        body = {key: made[key] for key in ("apiVersion", "kind")} | {"spec": spec}
        named = {"name": "portal-sandbox", "namespace": "dept-tax"}
        return self.cluster.apply(body | {"metadata": named}, field_manager="somebody")

    def status(self, made: Object, **status: Any) -> Object:
        return self.copies.mirror.patch_status(made | {"status": status}, field_manager="me")


ALL = {"Department", "Environment", "EnvironmentRequest"}


def test_the_echo_of_an_own_status_is_quiet_and_everything_else_is_loud() -> None:
    desk = Desk()
    made = desk.made({"quota": {"cpu": "1"}})
    answered = desk.status(made, phase="x")
    assert desk.copies.heard("MODIFIED", answered) == ALL
    assert not desk.copies.heard(None, answered), "a list at the start: nobody knows what happened before"
    changed = desk.by_somebody(made, quota={"cpu": "2"})
    assert not desk.copies.heard("MODIFIED", changed)
    assert not desk.copies.heard("DELETED", changed)


@pytest.mark.parametrize(
    ("field", "value", "quiet"),
    [
        ("legalHold", True, ALL - {"Environment"}),
        ("expiresAt", "2030-01-01T00:00:00Z", ALL - {"Environment"}),
        ("quota", {"cpu": "2"}, set()),
        ("requestRef", {"name": "second", "uid": "2"}, set()),
    ],
)
def test_a_wish_that_reserves_nothing_is_the_environments_alone(field: str, value: Any, quiet: set[str]) -> None:
    desk = Desk()
    made = desk.made({"quota": {"cpu": "1"}, "requestRef": {"name": "first", "uid": "1"}})
    assert desk.copies.heard("MODIFIED", desk.by_somebody(made, **{field: value})) == quiet


def test_an_environment_that_begins_to_go_is_told_to_all() -> None:
    desk = Desk()
    made = desk.made({"quota": {"cpu": "1"}})
    going = made | {
        "metadata": made["metadata"] | {"deletionTimestamp": "2030-01-01T00:00:00Z", "resourceVersion": "999"}
    }
    assert desk.copies.heard("MODIFIED", going) == set()


def test_a_change_that_slipped_in_before_an_own_status_is_told() -> None:
    desk = Desk()
    made = desk.made({"product": "portal"})
    desk.by_somebody(made, size="large")
    answered = desk.status(made, phase="x")
    assert desk.told == [ENVIRONMENT]
    assert desk.copies.heard("MODIFIED", answered), "kopf may show only the last of two changes"


@pytest.mark.parametrize(("phase", "looked_at"), [("Ready", False), ("Provisioning", True)])
def test_a_quiet_event_spares_the_object_its_department_and_history(phase: str, looked_at: bool) -> None:
    desk = Desk()
    metadata = {"name": "first", "namespace": "dept-tax"}
    request = {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata, "spec": {}}
    desk.status(desk.copies.mirror.apply(request, field_manager="me"), phase=phase)
    keys = [ENVIRONMENT, Key("EnvironmentRequest", "dept-tax", "first"), Key("Department", None, "tax")]
    made = desk.made({"quota": {"cpu": "1"}})
    changed = desk.by_somebody(made, quota={"cpu": "2"})
    assert list(desk.copies.concerned("MODIFIED", changed, keys)) == keys, "a loud event"
    assert list(desk.copies.concerned("MODIFIED", changed, keys)) == [keys[1]] * looked_at, "its echo"
