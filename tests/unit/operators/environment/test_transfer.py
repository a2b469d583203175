"""A namespace changes hands: nobody of the old department stays in, nobody new gets in unproven, nothing is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api import labels
from govcloud_kube import Object, Ref
from govcloud_operators.environment import reconcile as environment
from support.worlds import ENVIRONMENT, World, status_of

NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")
NEW = Ref(labels.API_VERSION, "Environment", "portal-sandbox", "dept-roads")
DATA = Ref("v1", "ConfigMap", "data", NAMESPACE.name)


def old_and_new(*, settled: bool = True) -> World:
    world = World()
    world.department()
    old = world.environment(world.request())
    world.settle_environment()
    world.cluster.seed(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": DATA.name, "namespace": DATA.namespace}}
    )
    seed_receiver(world, "roads")
    if settled:
        seed_new(world, old, NEW, "roads")
    return world


def seed_receiver(world: World, code: str) -> None:
    spec = {
        "code": code,
        "displayName": code,
        "quota": {"hard": {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}},
        "subjects": [{"kind": "Group", "name": f"{code}:owner", "role": "owner"}],
    }
    kind = {"apiVersion": labels.API_VERSION, "kind": "Department"}
    world.cluster.seed(kind | {"metadata": {"name": code}, "spec": spec})
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"dept-{code}"}})


def seed_new(world: World, old: Object, ref: Ref, code: str) -> Object:
    metadata = {
        "name": ref.name,
        "namespace": ref.namespace,
        "annotations": {labels.TRANSFERRED_FROM: old["metadata"]["uid"]},
    }
    body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata}
    return world.cluster.seed(body | {"spec": old["spec"] | {"departmentRef": code}})


def reconcile(world: World, ref: Ref) -> None:
    environment.reconcile(world.cluster, ref, world.around())


def everybody(world: World) -> set[str]:
    return set(itertools.chain.from_iterable(world.people().values()))


@pytest.mark.parametrize("order", [(NEW,), (NEW, ENVIRONMENT), (ENVIRONMENT, NEW)])
def test_the_namespace_changes_hands(order: tuple[Ref, ...]) -> None:
    world = old_and_new()
    uid = world.live(NAMESPACE)["metadata"]["uid"]
    for _ in range(8):
        for ref in order:
            reconcile(world, ref)
            assert not {"tax:owner", "roads:owner"} <= everybody(world), "both departments are in at once"
        world.count_quotas()
        world.run_probe()
        world.pass_time(seconds=1)
    reconcile(world, ENVIRONMENT)
    found, new = world.live(NAMESPACE), world.live(NEW)
    assert found["metadata"]["uid"] == uid
    assert found["metadata"]["labels"][labels.DEPARTMENT] == "roads"
    assert found["metadata"]["labels"][labels.ENVIRONMENT] == "portal-sandbox"
    assert found["metadata"]["annotations"][labels.OWNER_UID] == new["metadata"]["uid"]
    assert world.people() == {
        "govcloud:environment-owner": ["roads:owner"],
        "govcloud:tenant-services": ["tenant-roads"],
    }
    assert status_of(new, "Ready") == ("True", "Ready")
    assert new["status"]["namespaceUid"] == uid
    assert new["status"]["isolationProbe"]["lastPassedAt"], "proven anew for the new department"
    assert world.cluster.get(ENVIRONMENT) is None
    assert world.cluster.get(DATA) is not None
    before = list(world.cluster.writes)
    reconcile(world, NEW)
    assert world.cluster.writes == before


def test_the_old_one_keeps_its_hands_off_from_the_claim_on() -> None:
    world = old_and_new()
    owner = world.live(ENVIRONMENT)["metadata"]["uid"]
    claim = {"name": NAMESPACE.name, "annotations": {labels.TRANSFERRED_TO: world.live(NEW)["metadata"]["uid"]}}
    world.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": claim}, field_manager="test")
    for obj in world.cluster.list("rbac.authorization.k8s.io/v1", "RoleBinding", namespace=NAMESPACE.name):
        world.cluster.delete(Ref(obj["apiVersion"], "RoleBinding", obj["metadata"]["name"], NAMESPACE.name))
    reconcile(world, ENVIRONMENT)
    assert world.people() == {}
    assert world.live(NAMESPACE)["metadata"]["annotations"][labels.OWNER_UID] == owner
    message = next(c for c in world.live(ENVIRONMENT)["status"]["conditions"] if c["type"] == "AccessReady")["message"]
    assert "taken over" in message


@pytest.mark.parametrize("why", ["deleted", "expired"])
def test_an_old_one_that_ends_waits_for_its_successor(why: str) -> None:
    world = old_and_new()
    if why == "deleted":
        world.cluster.delete(ENVIRONMENT)
    else:
        world.change(ENVIRONMENT, expiresAt="2026-01-01T00:00:00Z")
        reconcile(world, ENVIRONMENT)
        world.now += timedelta(days=15)
    reconcile(world, ENVIRONMENT)
    assert "deletionTimestamp" not in world.live(NAMESPACE)["metadata"]
    for _ in range(4):
        reconcile(world, NEW)
        world.count_quotas()
        world.run_probe()
    reconcile(world, ENVIRONMENT)
    assert world.cluster.get(ENVIRONMENT) is None
    assert world.cluster.get(DATA) is not None


def test_a_successor_that_gave_up_is_no_successor() -> None:
    world = old_and_new()
    claim = {"name": NAMESPACE.name, "annotations": {labels.TRANSFERRED_TO: world.live(NEW)["metadata"]["uid"]}}
    world.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": claim}, field_manager="test")
    world.cluster.delete(NEW)
    world.settle_environment()
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


def test_a_successor_that_gives_up_leaves_the_namespace() -> None:
    world = old_and_new()
    reconcile_once_held(world)
    world.cluster.delete(NEW)
    reconcile(world, NEW)
    assert world.cluster.get(NEW) is None
    assert "deletionTimestamp" not in world.live(NAMESPACE)["metadata"]


def reconcile_once_held(world: World) -> None:
    """The new one has its finalizer and nothing else."""
    held = {"name": NEW.name, "namespace": NEW.namespace, "finalizers": [labels.ENVIRONMENT_FINALIZER]}
    kind = {"apiVersion": NEW.api_version, "kind": NEW.kind}
    world.cluster.apply(kind | {"metadata": held}, field_manager=labels.OPERATOR_FIELD_MANAGER)


@pytest.mark.parametrize("claimed_uid", ["nobody", ""])
def test_nothing_is_taken_from_somebody_who_was_not_named(claimed_uid: str) -> None:
    world = old_and_new(settled=False)
    old = world.live(ENVIRONMENT)
    forged = old | {"metadata": old["metadata"] | {"uid": claimed_uid}}
    new = seed_new(world, forged, NEW, "roads")
    named = {"name": NEW.name, "namespace": NEW.namespace, "annotations": {labels.WORK_NAMESPACE: NAMESPACE.name}}
    kind = {"apiVersion": NEW.api_version, "kind": NEW.kind}
    world.cluster.apply(kind | {"metadata": named}, field_manager="test")
    for _ in range(3):
        reconcile(world, NEW)
    assert world.live(NAMESPACE)["metadata"]["annotations"][labels.OWNER_UID] == old["metadata"]["uid"]
    assert status_of(world.live(NEW), "NamespaceReady") == ("False", "NamespaceTaken")
    assert "roads:owner" not in everybody(world)
    assert new["metadata"]["uid"] == world.live(NEW)["metadata"]["uid"]


def test_without_an_origin_nothing_is_made() -> None:
    world = old_and_new(settled=False)
    old = world.live(ENVIRONMENT)
    seed_new(world, old | {"metadata": old["metadata"] | {"uid": "gone"}}, NEW, "roads")
    reconcile(world, NEW)
    assert status_of(world.live(NEW), "Ready") == ("False", "NothingToTakeOver")
    assert world.cluster.get(Ref("v1", "Namespace", "roads-portal-sandbox")) is None


def test_it_can_go_on_to_a_third_department_and_end_there() -> None:
    world = old_and_new()
    for _ in range(6):
        for ref in (NEW, ENVIRONMENT):
            reconcile(world, ref)
        world.count_quotas()
        world.run_probe()
    third = Ref(labels.API_VERSION, "Environment", "portal-sandbox", "dept-parks")
    seed_receiver(world, "parks")
    seed_new(world, world.live(NEW), third, "parks")
    for _ in range(6):
        for ref in (NEW, third):
            reconcile(world, ref)
        world.count_quotas()
        world.run_probe()
    assert world.cluster.get(NEW) is None
    assert world.people()["govcloud:environment-owner"] == ["parks:owner"]
    world.cluster.delete(third)
    reconcile(world, third)
    assert world.cluster.get(NAMESPACE) is None
    assert world.cluster.get(third) is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.sampled_from(["old", "new", "old", "new", "count", "probe", "delete old", "expire old"]), max_size=12)
)
def test_in_whatever_order_it_ends_well(steps: list[str]) -> None:
    world = old_and_new()
    moves: dict[str, Callable[[], object]] = {
        "old": lambda: reconcile(world, ENVIRONMENT),
        "new": lambda: reconcile(world, NEW),
        "count": world.count_quotas,
        "probe": world.run_probe,
        "delete old": lambda: world.cluster.delete(ENVIRONMENT),
        "expire old": lambda: expire(world, ENVIRONMENT),
        "wait": lambda: world.pass_time(seconds=61),
    }
    for step in [*steps, *["new", "old", "count", "probe", "new", "probe", "new", "wait"] * 3, "new"]:
        moves[step]()
        inside = everybody(world)
        assert not {"tax:owner", "roads:owner"} <= inside, "both departments are in at once"
        proven = (world.live(NEW).get("status") or {}).get("isolationProbe", {}).get("lastPassedAt")
        assert proven or "roads:owner" not in inside, "somebody got in without proof"
        assert world.cluster.get(DATA) is not None, "something was lost"
    assert status_of(world.live(NEW), "Ready") == ("True", "Ready")
    assert world.cluster.get(ENVIRONMENT) is None
    assert everybody(world) == {"roads:owner", "tenant-roads"}


def expire(world: World, ref: Ref) -> None:
    """It expired long ago, and nobody asked for its end."""
    if world.cluster.get(ref) is not None:
        world.change(ref, expiresAt="2026-01-01T00:00:00Z")
