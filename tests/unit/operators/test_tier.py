"""ServiceTier: its PriorityClass follows it, its departments are counted."""

from __future__ import annotations

from typing import Any

from govcloud_api import labels
from govcloud_kube import Object, Ref
from govcloud_operators.tier import reconcile as tiers
from support.worlds import World, status_of

TIER = Ref(labels.API_VERSION, "ServiceTier", "gold")
CLASS = Ref("scheduling.k8s.io/v1", "PriorityClass", "govcloud-gold")


def seed(world: World, **spec: Any) -> Object:
    minutes = ("provisioningMinutes", "decisionMinutes", "supportResponseMinutes", "rpoMinutes", "rtoMinutes")
    wanted = {
        "objectives": {"availabilityPercent": "99.5"} | dict.fromkeys(minutes, 60),
        "prices": {"cpuCoreCents": 1500, "memoryGibCents": 200, "storageGibCents": 10},
        "priority": 300,
    }
    kind = {"apiVersion": TIER.api_version, "kind": TIER.kind}
    return world.cluster.seed(kind | {"metadata": {"name": TIER.name}, "spec": wanted | spec})


def reconcile(world: World) -> None:
    tiers.reconcile(world.cluster, TIER.name, world.now)


def test_a_tier_has_a_priority_and_knows_its_departments() -> None:
    world = World()
    made = seed(world)
    world.department(serviceTierRef="gold")
    reconcile(world)
    found = world.live(CLASS)
    assert found["value"] == 300
    assert found["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    assert world.live(TIER)["status"]["departments"] == 1
    assert status_of(world.live(TIER), "Ready") == ("True", "Ready")
    before = list(world.cluster.writes)
    reconcile(world)
    assert world.cluster.writes == before


def test_another_priority_is_another_class() -> None:
    world = World()
    seed(world)
    reconcile(world)
    before = world.live(CLASS)["metadata"]["uid"]
    world.change(TIER, priority=400)
    reconcile(world)
    assert world.live(CLASS)["value"] == 400
    assert world.live(CLASS)["metadata"]["uid"] != before


def test_a_foreign_class_is_left_alone() -> None:
    world = World()
    world.cluster.seed(
        {"apiVersion": CLASS.api_version, "kind": CLASS.kind, "metadata": {"name": CLASS.name}, "value": 1}
    )
    seed(world)
    reconcile(world)
    assert world.live(CLASS)["value"] == 1
    assert status_of(world.live(TIER), "Ready") == ("False", "PriorityClassTaken")


def test_a_tier_that_is_gone_is_nothing() -> None:
    world = World()
    assert tiers.reconcile(world.cluster, "none", world.now) is None
