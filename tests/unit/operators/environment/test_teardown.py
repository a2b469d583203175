"""The way out, step by step, and what stands in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import labels
from govcloud_kube import Object, Ref
from govcloud_operators.environment import reconcile as environment
from support import worlds
from support.worlds import ENVIRONMENT, World, status_of

NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")
END = worlds.START + timedelta(days=30)


def ready(**spec: Any) -> World:
    world = World()
    world.department()
    world.environment(world.request(), expires_at=END, spec=spec)
    world.settle_environment()
    return world


def ordered(kind: str, name: str, **spec: Any) -> Object:
    """A service of the environment whose room has not let it go yet."""
    metadata = {"name": name, "namespace": NAMESPACE.name, "finalizers": ["test.example/room"]}
    return {"apiVersion": labels.API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def ref(kind: str, name: str) -> Ref:
    return Ref(labels.API_VERSION, kind, name, NAMESPACE.name)


def let_go(world: World, kind: str, name: str) -> None:
    """The service's room has done its part."""
    entry = world.cluster._entries[ref(kind, name)]
    entry.obj["metadata"]["finalizers"] = []
    world.cluster._collect(ref(kind, name))


def look(world: World) -> str:
    """Reconcile once; what the status tells people."""
    assert environment.reconcile(world.cluster, ENVIRONMENT, world.around()) is not None
    found = world.live(ENVIRONMENT)
    assert status_of(found, "Ready") == ("False", "Deleting")
    return str(next(c for c in found["status"]["conditions"] if c["type"] == "Ready")["message"])


def is_going(world: World, of: Ref) -> bool:
    return "deletionTimestamp" in world.live(of)["metadata"]


def test_bindings_then_instances_then_the_namespace() -> None:
    world = ready()
    world.cluster.seed(ordered("ServiceBinding", "app"))
    world.cluster.seed(ordered("ServiceInstance", "db", deletionProtection=False))
    world.cluster.delete(ENVIRONMENT)
    assert "service bindings are being revoked: app" in look(world)
    assert is_going(world, ref("ServiceBinding", "app"))
    assert not is_going(world, ref("ServiceInstance", "db"))
    let_go(world, "ServiceBinding", "app")
    assert "services are being removed: db" in look(world)
    assert not is_going(world, NAMESPACE)
    let_go(world, "ServiceInstance", "db")
    environment.reconcile(world.cluster, ENVIRONMENT, world.around())
    assert world.cluster.get(NAMESPACE) is None
    assert world.cluster.get(ENVIRONMENT) is None


def test_a_protected_service_stops_what_somebody_asked_for() -> None:
    world = ready()
    world.cluster.seed(ordered("ServiceBinding", "app"))
    world.cluster.seed(ordered("ServiceInstance", "db", deletionProtection=True))
    world.cluster.delete(ENVIRONMENT)
    assert "blocked by protected service instances db; set spec.deletionProtection" in look(world)
    assert not is_going(world, ref("ServiceBinding", "app"))
    assert not is_going(world, NAMESPACE)
    world.change(ref("ServiceInstance", "db"), deletionProtection=False)
    assert "service bindings are being revoked" in look(world)


def test_a_protected_service_does_not_stop_time() -> None:
    world = ready()
    world.cluster.seed(ordered("ServiceInstance", "db"))
    world.now = END
    world.settle_environment(rounds=0)
    world.now = END + timedelta(days=14)
    assert "services are being removed: db" in look(world)
    assert world.live(ref("ServiceInstance", "db"))["spec"] == {"deletionProtection": False}
    assert is_going(world, ref("ServiceInstance", "db"))


def test_a_request_while_it_rests_is_still_a_request() -> None:
    world = ready()
    world.cluster.seed(ordered("ServiceInstance", "db"))
    world.now = END
    world.settle_environment(rounds=0)
    world.cluster.delete(ENVIRONMENT)
    assert "blocked by protected" in look(world)


def test_a_legal_hold_stops_everything() -> None:
    world = ready(legalHold=True)
    world.cluster.seed(ordered("ServiceBinding", "app"))
    world.cluster.delete(ENVIRONMENT)
    assert "blocked by a legal hold" in look(world)
    assert not is_going(world, ref("ServiceBinding", "app"))
    assert not is_going(world, NAMESPACE)
    world.change(ENVIRONMENT, legalHold=False)
    assert "service bindings are being revoked" in look(world)


def test_going_says_what_it_waits_for() -> None:
    world = ready()
    held = {"name": "held", "namespace": NAMESPACE.name, "finalizers": ["example.org/slow"]}
    world.cluster.seed({"apiVersion": "v1", "kind": "ConfigMap", "metadata": held})
    world.cluster.delete(ENVIRONMENT)
    assert f"namespace {NAMESPACE.name} empties" in look(world)
    assert is_going(world, NAMESPACE)
    before = list(world.cluster.writes)
    look(world)
    assert world.cluster.writes == before


@pytest.mark.parametrize("owner", [{}, {labels.OWNER_UID: "another"}])
def test_a_namespace_of_somebody_else_stays(owner: dict[str, str]) -> None:
    world = World()
    world.department()
    world.environment(world.request())
    metadata = {"name": NAMESPACE.name, "labels": {labels.MANAGED_BY: labels.MANAGER}, "annotations": owner}
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    world.settle_environment(rounds=1)
    world.cluster.delete(ENVIRONMENT)
    environment.reconcile(world.cluster, ENVIRONMENT, world.around())
    assert world.cluster.get(ENVIRONMENT) is None
    assert world.cluster.get(NAMESPACE) is not None


def test_a_removal_that_is_stopped_leaves_the_place_shut() -> None:
    world = ready(legalHold=True)
    world.cluster.delete(ENVIRONMENT)
    look(world)
    deny = Ref("networking.k8s.io/v1", "NetworkPolicy", "govcloud-default-deny", NAMESPACE.name)
    world.cluster.delete(deny)
    people = [{"kind": "Group", "name": "tax:new", "role": "owner"}]
    world.change(Ref(labels.API_VERSION, "Department", "tax"), subjects=people)
    look(world)
    assert world.cluster.get(deny) is not None
    assert world.people()["govcloud:environment-owner"] == ["tax:new"]
    before = list(world.cluster.writes)
    look(world)
    assert world.cluster.writes == before
