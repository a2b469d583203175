"""ServiceOffering: counted, and honest about what this cloud can build."""

from __future__ import annotations

import pytest

from govcloud_api import conditions, labels
from govcloud_kube import Ref
from govcloud_operators.services.offering import reconcile as room
from govcloud_operators.services.registry import REGISTRY
from support.services import NOW, ServiceWorld, offering


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ("True", "Ready")),
        ({"driver": "nats"}, ("False", "NoSuchDriver")),
        ({"versions": [{"version": "15.20", "image": "registry.govcloud.internal/p:1"}]}, ("True", "NoDefault")),
    ],
)
def test_status(
    world: ServiceWorld, spec: dict[str, object], expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(REGISTRY, "nats")
    world.cluster.seed(offering("db", **spec))
    for name in ("one", "two"):
        world.order(name, offeringRef="db")
    world.order("other")
    assert room.reconcile(world.cluster, "db", NOW) is None
    found = world.cluster.get(Ref(labels.API_VERSION, "ServiceOffering", "db"))
    assert found is not None
    assert found["status"]["instances"] == 2
    ready = conditions.find(found, "Ready") or {}
    assert (ready["status"], ready["reason"]) == expected
    world.cluster.writes.clear()
    room.reconcile(world.cluster, "db", NOW)
    assert world.cluster.writes == []


def test_one_that_is_gone(world: ServiceWorld) -> None:
    assert room.reconcile(world.cluster, "nothing", NOW) is None
    assert world.cluster.writes == []
