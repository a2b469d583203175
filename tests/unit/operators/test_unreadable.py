"""An object that cannot be read says so, whatever its kind; nothing else of it changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import conditions, definitions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_operators import dispatch, unreadable
from govcloud_operators.keys import Key
from support import worlds
from support.worlds import World

KINDS = [found.kind for found in definitions.DEFINITIONS]


def seed(world: World, kind: str, **more: Any) -> Key:
    metadata = {"name": "odd", "namespace": worlds.HOME, "finalizers": ["govcloud.internal/kept"]}
    spec = {"inventedLater": True}
    world.cluster.seed({"apiVersion": labels.API_VERSION, "kind": kind, "metadata": metadata, "spec": spec} | more)
    return Key(kind, worlds.HOME, "odd")


def live(world: World, key: Key) -> Object:
    found = world.cluster.get(Ref(labels.API_VERSION, key.kind, key.name, key.namespace))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_so_once_and_keeps_everything_else(kind: str) -> None:
    world = World()
    known = {"type": "Kept", "status": "True", "reason": "Known", "message": ""}
    known |= {"observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    key = seed(world, kind, status={"memory": "precious", "conditions": [known]})
    before = live(world, key)
    assert unreadable.tell(world.cluster, key, world.now)
    found = live(world, key)
    told = conditions.find(found, "Valid" if kind == "Approval" else "Ready") or {}
    assert (told["status"], told["reason"]) == ("False", "InvalidSpec")
    assert f"{kind} odd: spec." in told["message"]
    assert found["spec"] == before["spec"]
    assert found["metadata"]["finalizers"] == before["metadata"]["finalizers"]
    assert found["status"]["memory"] == "precious"
    assert conditions.find(found, "Kept") == known
    world.pass_time(minutes=5)
    assert unreadable.tell(world.cluster, key, world.now)
    assert live(world, key)["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]


@pytest.mark.parametrize("kind", ["Department", "Environment", "Approval", "ServiceTier", "WorkCalendar"])
def test_a_look_at_it_ends_with_its_condition(kind: str) -> None:
    world = World()
    key = seed(world, kind)
    if kind in ("Department", "ServiceTier", "WorkCalendar"):
        world.cluster.seed(live(world, key) | {"metadata": {"name": "odd"}})
        key = Key(kind, None, "odd")
    assert dispatch.Dispatcher(world.cluster, world.around()).work(key) is None
    assert "InvalidSpec" in [c["reason"] for c in live(world, key)["status"]["conditions"]]


def test_what_can_be_read_or_is_gone_is_left_alone() -> None:
    world = World()
    world.department()
    assert not unreadable.tell(world.cluster, Key("Department", None, "tax"), world.now)
    assert not unreadable.tell(world.cluster, Key("Department", None, "gone"), world.now)
    assert not unreadable.tell(world.cluster, Key("Ingress", None, "all"), world.now)
    assert "status" not in live(world, Key("Department", None, "tax"))


def test_a_fault_of_something_else_is_not_the_objects() -> None:
    world = World()
    world.department()
    seed(world, "Environment")
    with pytest.raises(errors.InvalidSpec):
        dispatch.Dispatcher(world.cluster, world.around()).work(Key("Department", None, "tax"))
    assert not live(world, Key("Department", None, "tax")).get("status")


def test_corrected_it_goes_on() -> None:
    world = World()
    world.department(colour="green")
    around = world.around()
    dispatcher = dispatch.Dispatcher(world.cluster, around)
    key = Key("Department", None, "tax")
    dispatcher.work(key)
    told = conditions.find(live(world, key), "Ready") or {}
    assert (told["reason"], "spec.colour" in told["message"]) == ("InvalidSpec", True)
    spec = {name: value for name, value in live(world, key)["spec"].items() if name != "colour"}
    world.cluster.seed(live(world, key) | {"spec": spec})
    world.now += timedelta(seconds=1)
    dispatcher.work(key)
    assert (conditions.find(live(world, key), "Ready") or {})["reason"] != "InvalidSpec"
