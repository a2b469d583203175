"""Events of a namespace -> what its people must mend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import conditions
from govcloud_kube import Object
from support.worlds import ENVIRONMENT, World

NAMESPACE = "tax-portal-sandbox"
QUOTA = (
    'Error creating: pods "web-1-{}" is forbidden: exceeded quota: govcloud-quota, requested: requests.cpu=2, '
    "used: requests.cpu=0, limited: requests.cpu=1"
)
SECURITY = 'Error creating: pods "web-1-x" is forbidden: violates PodSecurity "restricted:v1.36": runAsNonRoot != true'
DENIED = "Error creating: pods \"web-1-x\" is forbidden: ValidatingAdmissionPolicy 'image-registry' denied request: no"


def ready() -> World:
    world = World()
    world.department()
    world.environment(world.request())
    world.settle_environment()
    return world


def short_of_pods(world: World, kind: str = "ReplicaSet", name: str = "web-1", **status: Any) -> Object:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    if kind == "ReplicaSet":
        metadata["ownerReferences"] = [{"kind": "Deployment", "name": "web", "uid": "u", "controller": True}]
    version = "v1" if kind == "Pod" else "apps/v1"
    body = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"replicas": 1}}
    return world.cluster.seed(body | {"status": {"replicas": 0} | status})


def tell(
    world: World, about: Object, message: str, *, reason: str = "FailedCreate", age: float = 1, **more: Any
) -> None:
    involved = {"kind": about["kind"], "name": about["metadata"]["name"], "uid": about["metadata"]["uid"]}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "e.", "namespace": NAMESPACE},
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": "Warning",
        "lastTimestamp": conditions.timestamp(world.now - timedelta(minutes=age)),
    }
    world.cluster.create(event | more)


def told(world: World) -> list[tuple[str, str]]:
    world.settle_environment(rounds=0)
    found = world.live(ENVIRONMENT)["status"].get("issues") or []
    return [(issue["code"], issue["object"]) for issue in found]


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedCreate", QUOTA, "QuotaExceeded"),
        ("FailedCreate", SECURITY, "PodSecurity"),
        ("FailedCreate", DENIED, "PolicyDenied"),
        ("FailedCreate", "maximum cpu usage per Container is 1", "LimitExceeded"),
        ("FailedCreate", "something else", "CreateRefused"),
        ("ScalingReplicaSet", "scaled", None),
    ],
)
def test_what_was_refused_is_named(reason: str, message: str, code: str | None) -> None:
    world = ready()
    tell(world, short_of_pods(world), message, reason=reason)
    assert told(world) == ([(code, "Deployment web")] if code else [])


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedScheduling", "0/3 nodes are available", "NotScheduled"),
        ("Failed", 'Failed to pull image "registry.govcloud.internal/x:1": not found', "ImageNotPulled"),
        ("BackOff", 'Back-off pulling image "x"', "ImageNotPulled"),
        ("BackOff", "Back-off restarting failed container web", "CrashLoop"),
        ("FailedMount", 'secret "app" not found', "VolumeNotReady"),
        ("Unhealthy", "Readiness probe failed", None),
    ],
)
def test_what_a_pod_suffers_is_named(reason: str, message: str, code: str | None) -> None:
    world = ready()
    tell(world, short_of_pods(world, "Pod", "bare"), message, reason=reason)
    assert told(world) == ([(code, "Pod bare")] if code else [])


def test_an_issue_says_what_to_do_and_keeps_its_text() -> None:
    world = ready()
    replica_set = short_of_pods(world)
    tell(world, replica_set, QUOTA.format("aaaaa"), age=2)
    told(world)
    first = world.live(ENVIRONMENT)["status"]["issues"]
    assert first[0]["message"].startswith("exceeded quota: govcloud-quota, requested: requests.cpu=2")
    assert "type Change" in first[0]["fix"]
    tell(world, replica_set, QUOTA.format("bbbbb"))
    before = list(world.cluster.writes)
    told(world)
    assert world.cluster.writes == before, "another try of the same refusal is nothing new"


def test_what_was_mended_is_no_issue() -> None:
    world = ready()
    replica_set = short_of_pods(world)
    tell(world, replica_set, QUOTA)
    assert told(world)
    world.cluster.patch_status(replica_set | {"status": {"replicas": 1}}, field_manager="controller")
    assert told(world) == []


def test_old_news_and_gone_objects_are_no_issues() -> None:
    world = ready()
    tell(world, short_of_pods(world), QUOTA, age=61)
    tell(world, {"kind": "ReplicaSet", "metadata": {"name": "gone", "uid": "g"}}, QUOTA)
    stateful = short_of_pods(world, "StatefulSet", "store")
    tell(world, stateful | {"metadata": stateful["metadata"] | {"uid": "its predecessor"}}, QUOTA)
    tell(world, stateful, QUOTA, lastTimestamp="yesterday")
    assert told(world) == []


def test_a_suspended_environment_has_none() -> None:
    world = ready()
    tell(world, short_of_pods(world), QUOTA)
    world.change(ENVIRONMENT, suspended=True)
    assert told(world) == []


def test_no_more_than_a_page() -> None:
    world = ready()
    for number in range(40):
        tell(world, short_of_pods(world, "Pod", f"p{number:02}"), "no", reason="FailedScheduling", age=50 - number)
    found = told(world)
    assert len(found) == 32
    assert ("NotScheduled", "Pod p39") in found, "the newest are kept"


def test_what_is_counted_is_shown() -> None:
    world = ready()
    quota = world.live(ENVIRONMENT)["status"]["quota"]
    assert quota["hard"]["requests.cpu"] == "1"
    assert quota["used"]["pods"] == "0"
