"""From any state of the world an instance comes to rest, writes only its own, and is Ready only when it was looked at.

Random worlds: every object missing, right or changed by somebody, the pod ready or not, the database up or down, the
environment suspended, the order deleted with or without protection.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api import conditions, labels
from govcloud_kube import Object, Ref, ref_of
from govcloud_operators.services import looking
from govcloud_operators.services.driver import Observation
from support.services import NAMESPACE, NOW, ServiceWorld

CHILDREN = (
    Ref("v1", "ConfigMap", "svc-main", NAMESPACE),
    Ref("v1", "PersistentVolumeClaim", "data-svc-main-0", NAMESPACE),
    Ref("networking.k8s.io/v1", "NetworkPolicy", "svc-main", NAMESPACE),
    Ref("networking.k8s.io/v1", "NetworkPolicy", "svc-main-backup", NAMESPACE),
    Ref("v1", "Secret", "svc-main-backup", NAMESPACE),
    Ref("v1", "Service", "svc-main", NAMESPACE),
    Ref("v1", "Secret", "svc-main-tls", NAMESPACE),
    Ref("apps/v1", "StatefulSet", "svc-main", NAMESPACE),
)
STRANGER = Ref("v1", "ConfigMap", "of-people", NAMESPACE)

random_world = st.fixed_dictionaries(
    {
        "children": st.fixed_dictionaries({ref: st.sampled_from(["right", "missing", "changed"]) for ref in CHILDREN}),
        "ready": st.booleans(),
        "database": st.sampled_from(["", "", "down"]),
        "suspended": st.booleans(),
        "deleted": st.booleans(),
        "protected": st.booleans(),
        "plan": st.sampled_from(["small", "small", "huge"]),
        "bindings": st.integers(0, 2),
    }
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random_world)
def test_from_any_state_it_comes_to_rest(monkeypatch: pytest.MonkeyPatch, plan: dict[str, Any]) -> None:
    world = build(plan, monkeypatch)
    for _ in range(4):
        settle(world, plan)
    world.cluster.writes.clear()
    settle(world, plan)
    ours = [(verb, ref) for verb, ref in world.cluster.writes if (verb, ref.kind) != ("patch_status", "StatefulSet")]
    assert ours == [], "at rest nothing is written but what the kubelet says"
    judge(world, plan)


def build(plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> ServiceWorld:
    world = ServiceWorld()
    monkeypatch.setattr(looking, "REGISTRY", {"postgresql": world.driver})
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.running(deletionProtection=plan["protected"])
    world.seed("v1", "ConfigMap", STRANGER.name, namespace=NAMESPACE, data={"a": "b"})
    for index in range(plan["bindings"]):
        world.bind(f"app-{index}")
        world.serve(f"app-{index}")
    for ref, state in plan["children"].items():
        if state == "missing":
            world.cluster.delete(ref)
        if state == "changed":
            world.cluster.apply(spoilt(ref), field_manager="somebody")
    world.change("ServiceInstance", "main", plan=plan["plan"])
    if plan["suspended"]:
        metadata = {"name": "portal-dev", "namespace": "dept-tax"}
        body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata}
        world.cluster.apply(body | {"spec": {"suspended": True}}, field_manager="platform")
    if plan["deleted"]:
        world.cluster.delete(Ref(labels.API_VERSION, "ServiceInstance", "main", NAMESPACE))
    world.database.down = plan["database"]
    return world


def spoilt(ref: Ref) -> Object:
    """What somebody with rights made of an object."""
    changed: dict[str, Any] = {
        "ConfigMap": {"data": {"entry.sh": "exit 1"}},
        "PersistentVolumeClaim": {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
        "NetworkPolicy": {"spec": {"ingress": [{}]}},
        "Service": {"spec": {"type": "NodePort"}},
        "Secret": {"data": {"tls.crt": "bm9uZQ=="}},
        "StatefulSet": {"spec": {"replicas": 5}},
    }
    metadata = {"name": ref.name, "namespace": ref.namespace}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, **changed[ref.kind]}


def settle(world: ServiceWorld, plan: dict[str, Any]) -> None:
    """Everybody does what there is to do, once."""
    for index in range(plan["bindings"]):
        if world.get("ServiceBinding", f"app-{index}") is not None:
            world.serve(f"app-{index}")
    if world.get("ServiceInstance", "main") is None:
        return
    world.reconcile()
    if world.get("StatefulSet", "svc-main", "apps/v1") is not None:
        world.play(ready=plan["ready"])


def judge(world: ServiceWorld, plan: dict[str, Any]) -> None:
    assert world.cluster.get(STRANGER) is not None, "what is people's own stays"
    found = world.get("ServiceInstance", "main")
    left = [ref for ref in CHILDREN if world.cluster.get(ref) is not None]
    if plan["deleted"] and not plan["protected"]:
        waits = plan["bindings"] and (plan["database"] or plan["suspended"] or not plan["ready"])
        assert waits or (found is None and left == [])
        return
    assert found is not None
    if plan["plan"] == "huge" or plan["deleted"]:
        assert not conditions.is_true(found, "Ready")
        return
    assert left == list(CHILDREN)
    for ref in CHILDREN:
        assert ref_of(world.cluster.get(ref) or {}) == ref
    assert world.found("StatefulSet", "svc-main", "apps/v1")["spec"]["replicas"] == (0 if plan["suspended"] else 1)
    works = plan["ready"] and not plan["database"] and not plan["suspended"]
    assert conditions.is_true(found, "Ready") == works
