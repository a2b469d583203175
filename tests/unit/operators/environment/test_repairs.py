"""Drift is repaired and told; what was asked for is not."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.environment import reconcile as environment
from support.worlds import ENVIRONMENT, HOME, World, status_of

NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")
DENY = Ref("networking.k8s.io/v1", "NetworkPolicy", "govcloud-default-deny", NAMESPACE.name)
QUOTA = Ref("v1", "ResourceQuota", "govcloud-quota", NAMESPACE.name)


def ready() -> World:
    world = World()
    world.department()
    world.environment(world.request())
    world.settle_environment()
    assert told(world) == []
    return world


def told(world: World) -> list[tuple[str, str, str]]:
    found = world.cluster.list("v1", "Event", namespace=HOME)
    return [(event["type"], event["reason"], event["message"]) for event in found]


def test_what_was_changed_or_removed_is_told_once() -> None:
    world = ready()
    for _ in range(3):
        world.cluster.delete(DENY)
        world.change(QUOTA, hard={"pods": "999"})
        world.settle_environment(rounds=1)
    assert sorted(told(world)) == [
        ("Normal", "Repaired", "ResourceQuota govcloud-quota was changed by somebody; it is as approved again"),
        ("Warning", "Repaired", "NetworkPolicy govcloud-default-deny was removed by somebody; it was made again"),
    ]
    (event, *_) = world.cluster.list("v1", "Event", namespace=HOME)
    assert event["involvedObject"]["uid"] == world.live(ENVIRONMENT)["metadata"]["uid"]
    world.pass_time(minutes=11)
    world.cluster.delete(DENY)
    world.settle_environment(rounds=1)
    assert len(told(world)) == 3


def test_labels_of_the_namespace_come_back() -> None:
    world = ready()
    forged = {"name": NAMESPACE.name, "labels": {labels.PSA_ENFORCE: "privileged"}}
    world.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": forged}, field_manager="somebody")
    world.settle_environment(rounds=1)
    assert world.live(NAMESPACE)["metadata"]["labels"][labels.PSA_ENFORCE] == "restricted"
    assert [message for _, _, message in told(world)] == [
        f"Namespace {NAMESPACE.name} was changed by somebody; it is as approved again"
    ]


@pytest.mark.parametrize(
    "spec",
    [
        {"quota": {"cpu": "2", "memory": "4Gi", "storage": "20Gi", "pods": 30}},
        {"network": {"egress": "public", "ingressHosts": ["a.example.org"]}},
        {"suspended": True},
        {"tierRef": "basic"},
    ],
)
def test_what_was_asked_for_is_no_repair(spec: dict[str, Any]) -> None:
    world = ready()
    world.change(ENVIRONMENT, **spec)
    world.settle_environment()
    world.change(ENVIRONMENT, suspended=False, network={"egress": "closed", "ingressHosts": []})
    world.settle_environment()
    assert told(world) == []
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


def test_an_event_that_is_refused_stops_nothing() -> None:
    class Silent(MemoryCluster):
        def create(self, obj: Object, *, dry_run: bool = False) -> Object:
            if obj["kind"] == "Event":
                raise errors.Forbidden("no events today")
            return super().create(obj, dry_run=dry_run)

    world = ready()
    world.cluster.__class__ = Silent
    world.cluster.delete(DENY)
    environment.reconcile(world.cluster, ENVIRONMENT, world.around())
    assert world.cluster.get(DENY) is not None
