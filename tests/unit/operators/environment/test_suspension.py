"""Warned, suspended, removed: what time, the platform and an extension do to an environment and its workloads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import conditions, labels
from govcloud_kube import Object, Ref
from govcloud_operators.actions import Apply
from govcloud_operators.environment import suspension
from govcloud_operators.keys import Key
from support import worlds
from support.worlds import ENVIRONMENT, PROBE, World, status_of

NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")
QUOTA = Ref("v1", "ResourceQuota", "govcloud-quota", NAMESPACE.name)
END = worlds.START + timedelta(days=30)


def workload(kind: str, name: str, *, owner: str = "", marks: dict[str, str] | None = None, **spec: Any) -> Object:
    """An object of the environment's people, or of a service when its label says so."""
    version = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}.get(kind, "apps/v1")
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE.name, "labels": marks or {}}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "x", "uid": "y", "controller": True}]
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def busy(world: World) -> None:
    """A namespace at work."""
    service = {labels.SERVICE: "database"}
    finished = {"conditions": [{"type": "Complete", "status": "True"}]}
    for obj in (
        workload("Deployment", "web", replicas=3),
        workload("Deployment", "idle", replicas=0),
        workload("ReplicaSet", "web-1", owner="Deployment", replicas=3),
        workload("StatefulSet", "store"),
        workload("StatefulSet", "svc-database", marks=service, replicas=1),
        workload("CronJob", "nightly", schedule="0 1 * * *"),
        workload("CronJob", "off", schedule="0 1 * * *", suspend=True),
        workload("Job", "now"),
        workload("Job", "done") | {"status": finished},
        workload("Pod", "bare"),
        workload("Pod", "web-1-a", owner="ReplicaSet"),
        workload("Pod", "agent-a", owner="DaemonSet"),
        workload("Pod", "svc-database-0", owner="StatefulSet", marks=service),
    ):
        world.cluster.seed(obj)


def at_work(**spec: Any) -> World:
    world = World()
    world.department()
    world.environment(world.request(), expires_at=END, spec=spec)
    world.settle_environment()
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")
    busy(world)
    return world


def found(world: World, kind: str) -> dict[str, Any]:
    version = workload(kind, "")["apiVersion"]
    return {o["metadata"]["name"]: o["spec"] for o in world.cluster.list(version, kind, namespace=NAMESPACE.name)}


def replicas(world: World) -> dict[str, Any]:
    both = found(world, "Deployment") | found(world, "StatefulSet")
    return {name: spec.get("replicas") for name, spec in both.items()}


def test_expiry_warns_then_suspends_then_removes() -> None:
    world = at_work()
    assert status_of(world.live(ENVIRONMENT), "Expiring") == ("False", "NotSoon")
    warned = []
    for day in (15, 17, 26, 29.5):
        world.now = worlds.START + timedelta(days=day)
        world.settle_environment()
        warned.append(status_of(world.live(ENVIRONMENT), "Expiring")[0])
    assert warned == ["False", "True", "True", "True"]
    world.now = END
    world.settle_environment(rounds=1)
    environment = world.live(ENVIRONMENT)
    assert status_of(environment, "Suspended") == ("True", "Expired")
    assert status_of(environment, "Ready") == ("False", "Suspended")
    assert environment["status"]["deleteAfter"] == conditions.timestamp(END + timedelta(days=14))
    world.now = END + timedelta(days=14)
    world.settle_environment(rounds=1)
    assert world.cluster.get(NAMESPACE) is None
    assert world.cluster.get(ENVIRONMENT) is None


def test_suspended_is_scaled_to_zero_and_keeps_data() -> None:
    world = at_work()
    world.now = END
    world.settle_environment(rounds=2)
    assert world.live(QUOTA)["spec"]["hard"]["pods"] == "0"
    assert replicas(world) == {"web": 0, "idle": 0, "store": 0, "svc-database": 1}
    assert {name: spec.get("suspend") for name, spec in found(world, "CronJob").items()} == {
        "nightly": True,
        "off": True,
    }
    assert set(found(world, "Job")) == {"done"}
    assert set(found(world, "Pod")) == {"web-1-a", "svc-database-0"}, "controllers remove theirs, services their own"
    assert world.bindings() == ["govcloud:environment-owner", "govcloud:tenant-services"]
    before = list(world.cluster.writes)
    world.settle_environment(rounds=2)
    assert [ref.kind for verb, ref in world.cluster.writes[len(before) :] if verb != "patch_status"] == []


@pytest.mark.parametrize("cause", ["expiry", "platform"])
def test_an_extension_or_the_platform_brings_everything_back(cause: str) -> None:
    world = at_work()
    if cause == "expiry":
        world.now = END
    else:
        world.change(ENVIRONMENT, suspended=True)
    world.settle_environment(rounds=2)
    assert replicas(world)["web"] == 0
    world.change(ENVIRONMENT, suspended=False, expiresAt=conditions.timestamp(END + timedelta(days=30)))
    world.settle_environment()
    assert world.live(QUOTA)["spec"]["hard"]["pods"] == "20"
    assert replicas(world) == {"web": 3, "idle": 0, "store": 1, "svc-database": 1}
    assert found(world, "CronJob")["nightly"]["suspend"] is False
    assert found(world, "CronJob")["off"]["suspend"] is True
    for obj in world.cluster.list("apps/v1", "Deployment", namespace=NAMESPACE.name):
        assert labels.REPLICAS not in obj["metadata"].get("annotations", {})
    environment = world.live(ENVIRONMENT)
    assert status_of(environment, "Suspended") == ("False", "Active")
    assert status_of(environment, "Ready") == ("True", "Ready")
    assert "deleteAfter" not in environment["status"]


def test_what_is_scaled_up_while_suspended_goes_down_again_and_comes_back() -> None:
    world = at_work()
    world.change(ENVIRONMENT, suspended=True)
    world.settle_environment(rounds=1)
    world.change(Ref("apps/v1", "Deployment", "web", NAMESPACE.name), replicas=5)
    world.settle_environment(rounds=1)
    assert replicas(world)["web"] == 0
    world.change(ENVIRONMENT, suspended=False)
    world.settle_environment(rounds=1)
    assert replicas(world)["web"] == 5


def test_services_are_woken_once_when_it_rests_and_once_when_it_works_again() -> None:
    world, fan_out = at_work(), Key("EnvironmentFanOut", ENVIRONMENT.namespace, ENVIRONMENT.name)
    for suspended in (True, False):
        world.woken.clear()
        world.change(ENVIRONMENT, suspended=suspended)
        world.settle_environment(rounds=2)
        assert world.woken == [fan_out], suspended
        assert status_of(world.live(ENVIRONMENT), "Suspended")[0] == str(suspended)


def test_a_new_environment_wakes_no_services() -> None:
    assert {key.kind for key in at_work().woken} <= {"Environment"}, "its own looks"


def test_the_platforms_suspension_has_no_end() -> None:
    world = at_work()
    world.change(ENVIRONMENT, suspended=True)
    world.settle_environment(rounds=1)
    assert status_of(world.live(ENVIRONMENT), "Suspended") == ("True", "ByPlatform")
    assert "deleteAfter" not in world.live(ENVIRONMENT)["status"]


@pytest.mark.parametrize("spec", [{"legalHold": True}, {"deletionPolicy": "Retain"}])
def test_what_is_held_or_retained_stays(spec: dict[str, Any]) -> None:
    world = at_work(**spec)
    world.now = END + timedelta(days=365)
    world.settle_environment(rounds=2)
    environment = world.live(ENVIRONMENT)
    assert status_of(environment, "Suspended") == ("True", "Expired")
    assert "deleteAfter" not in environment["status"]
    assert world.cluster.get(NAMESPACE) is not None
    assert ("bare" in found(world, "Pod")) == spec.get("legalHold", False)
    assert replicas(world)["web"] == 0


def test_a_hold_that_is_lifted_leaves_two_weeks() -> None:
    world = at_work(legalHold=True)
    world.now = END + timedelta(days=100)
    world.settle_environment(rounds=1)
    world.change(ENVIRONMENT, legalHold=False)
    lifted = world.now
    world.settle_environment(rounds=0)
    assert world.live(ENVIRONMENT)["status"]["deleteAfter"] == conditions.timestamp(lifted + timedelta(days=14))


def test_an_operator_that_was_away_shortens_nobodys_time() -> None:
    world = at_work()
    world.now = END + timedelta(days=60)
    world.settle_environment(rounds=0)
    assert world.cluster.get(NAMESPACE) is not None
    assert world.live(ENVIRONMENT)["status"]["deleteAfter"] == conditions.timestamp(END + timedelta(days=74))


def test_a_day_noted_for_an_earlier_end_does_not_count() -> None:
    world = at_work()
    world.now = END
    world.settle_environment(rounds=0)
    world.change(ENVIRONMENT, expiresAt=conditions.timestamp(END + timedelta(days=13)))
    world.now = END + timedelta(days=20)
    world.settle_environment(rounds=0)
    assert world.live(ENVIRONMENT)["status"]["deleteAfter"] == conditions.timestamp(END + timedelta(days=34))


def test_nobody_gets_in_while_it_rests_unproven() -> None:
    world = World()
    world.department()
    world.environment(world.request(), spec={"suspended": True})
    world.settle_environment()
    assert world.bindings() == []
    assert world.cluster.get(PROBE) is None
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("False", "Suspended")
    world.change(ENVIRONMENT, suspended=False)
    world.settle_environment()
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


@given(st.integers(min_value=1, max_value=1000))
def test_stop_and_resume_are_inverse(count: int) -> None:
    before = workload("Deployment", "web", replicas=count)
    before["metadata"]["uid"] = "u"
    (stopped,) = suspension.stop([before], keep_everything=False)
    assert isinstance(stopped, Apply)
    resting = before | {"spec": stopped.obj["spec"], "metadata": before["metadata"] | stopped.obj["metadata"]}
    (resumed,) = suspension.resume([resting])
    assert isinstance(resumed, Apply)
    assert resumed.obj["spec"] == before["spec"]
    assert "annotations" not in resumed.obj["metadata"]


@pytest.mark.parametrize(("text", "comes_back"), [("7", 7), ("99999", 1000), ("many", 1), ("-3", 1), ("٣", 1)])
def test_a_forged_memory_is_harmless(text: str, comes_back: int) -> None:
    resting = workload("Deployment", "web", replicas=0)
    resting["metadata"] |= {"uid": "u", "annotations": {labels.REPLICAS: text}}
    (resumed,) = suspension.resume([resting])
    assert isinstance(resumed, Apply)
    assert resumed.obj["spec"] == {"replicas": comes_back}
