"""From any state of the world an Environment comes to rest, and nobody gets in on the way without proof.

Random worlds: every object missing, right or changed; any probe pod; any remembered proof; any age.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api import conditions, labels
from govcloud_api.v1alpha1 import Environment
from govcloud_kube import Object, Ref
from govcloud_operators.environment import desired
from govcloud_operators.environment import reconcile as environment
from support import worlds
from support.worlds import ENVIRONMENT, PROBE, World, status_of

NAMESPACE = "tax-portal-sandbox"
State = st.sampled_from(["missing", "right", "changed"])
PARTS = ("quota", "limits", "deny", "dns", "same", "binding")

random_world = st.fixed_dictionaries(
    {
        "finalizer": st.booleans(),
        "namespace": st.sampled_from(["missing", "right", "changed", "foreign"]),
        "parts": st.fixed_dictionaries(dict.fromkeys(PARTS, State)),
        "counted": st.booleans(),
        "request": st.booleans(),
        "expires_days": st.sampled_from([None, -1, 0, 1, 13, 100]),
        "deleted": st.booleans(),
        "probe": st.sampled_from([None, "pending", "running", "passed", "failed", "silent", "stranger"]),
        "record": st.sampled_from([None, "stale key", "failed often", "other pod"]),
        "canary": st.sampled_from(["open", "open", "silent"]),
        "probe_ok": st.sampled_from([True, True, False]),
        "probe_answers": st.sampled_from(["silent", "silent", "open", "refused"]),
    }
)


def build(plan: dict[str, Any]) -> World:
    world = World()
    world.department()
    request = world.request()
    expires = None if plan["expires_days"] is None else worlds.START + timedelta(days=plan["expires_days"])
    made = world.environment(request, expires_at=expires)
    if plan["finalizer"]:
        held = desired.with_finalizer(Environment.parse(made), held=True)
        made = world.cluster.apply(held, field_manager=labels.OPERATOR_FIELD_MANAGER)
    if not plan["request"]:
        world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "first", worlds.HOME))
    if plan["namespace"] != "missing":
        seed_namespace(world, made, plan)
    world.answers |= {"10.96.0.9:8080": plan["canary"], "10.0.0.7:8080": plan["probe_answers"]}
    seed_record(world, plan["record"])
    if plan["deleted"]:
        world.cluster.delete(ENVIRONMENT)
    world.cluster.writes.clear()
    return world


def seed_namespace(world: World, made: Object, plan: dict[str, Any]) -> None:
    parsed = Environment.parse(made)
    namespace = desired.namespace(parsed)
    if plan["namespace"] == "foreign":
        namespace["metadata"]["annotations"] = {}
    if plan["namespace"] == "changed":
        namespace["metadata"]["labels"][labels.PSA_ENFORCE] = "privileged"
    world.cluster.seed(namespace)
    shut = desired.closed_stages(parsed)[1]
    department = environment.gather(world.cluster, ENVIRONMENT, world.around())
    assert department is not None
    assert department.department is not None
    objects = [*shut, *desired.access(parsed, department.department)]
    for part, obj in zip(PARTS, objects, strict=True):
        if plan["parts"][part] == "changed":
            obj = change(obj)
        if plan["parts"][part] != "missing":
            world.cluster.seed(obj)
    if plan["counted"]:
        world.count_quotas()
    if plan["probe"] is not None:
        seed_probe(world, parsed, plan["probe"])


def change(obj: Object) -> Object:
    changed = copy.deepcopy(obj)
    if obj["kind"] == "NetworkPolicy":
        changed["spec"]["egress"] = [{}]
    elif obj["kind"] == "ResourceQuota":
        changed["spec"]["hard"]["pods"] = "9999"
    elif obj["kind"] == "RoleBinding":
        changed["subjects"] = []
    else:
        changed["spec"]["limits"] = []
    return changed


def seed_probe(world: World, parsed: Environment, kind: str) -> None:
    key = "another" if kind == "stranger" else "sha256:0"
    world.cluster.seed(desired.probe_pod(parsed, image=worlds.IMAGE, key=key, denied=[]))
    status = {
        "running": {"phase": "Running", "podIP": "10.0.0.7"},
        "passed": worlds.finished(),
        "failed": worlds.finished(ok=False),
        "silent": worlds.finished(message="?"),
    }.get(kind)
    if status is not None:
        world.set_probe(status)


def seed_record(world: World, kind: str | None) -> None:
    moment = conditions.timestamp(worlds.START)
    records: dict[str, dict[str, Any]] = {
        "stale key": {"key": "sha256:1", "lastPassedAt": moment},
        "failed often": {"attempts": 30, "attemptedAt": moment, "message": "open: something"},
        "other pod": {"podUid": "gone", "ingress": "Denied"},
    }
    if kind is not None:
        status = {"isolationProbe": records[kind], "observedGeneration": 1}
        world.cluster.patch_status(
            world.live(ENVIRONMENT) | {"status": status}, field_manager=labels.OPERATOR_FIELD_MANAGER
        )


def step(world: World, plan: dict[str, Any]) -> None:
    """One reconcile, then one move of everybody else."""
    environment.reconcile(world.cluster, ENVIRONMENT, world.around())
    world.count_quotas()
    world.run_probe(ok=plan["probe_ok"])
    world.pass_time(seconds=61)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(random_world)
def test_every_world_comes_to_rest(plan: dict[str, Any]) -> None:
    world = build(plan)
    had_access = bool(world.bindings())
    for _ in range(5):
        step(world, plan)
        found = world.cluster.get(ENVIRONMENT)
        if world.bindings() and not had_access:
            assert found is not None
            assert found["status"]["isolationProbe"].get("lastPassedAt"), "somebody got in without proof"
    check_end(world, plan)
    if plan["probe_ok"] and plan["probe_answers"] == "silent" and plan["canary"] == "open":
        before = list(world.cluster.writes)
        environment.reconcile(world.cluster, ENVIRONMENT, world.around())
        environment.reconcile(world.cluster, ENVIRONMENT, world.around())
        assert world.cluster.writes == before, "it never rests"


def check_end(world: World, plan: dict[str, Any]) -> None:
    found = world.cluster.get(ENVIRONMENT)
    namespace = world.cluster.get(Ref("v1", "Namespace", NAMESPACE))
    ends = plan["deleted"] or not plan["request"] or plan["expires_days"] in (-1, 0)
    if plan["namespace"] == "foreign":
        assert namespace is not None, "a foreign namespace was removed"
    if ends:
        assert found is None
        orphaned = plan["deleted"] and not plan["finalizer"]  # gone before anybody could look
        assert plan["namespace"] == "foreign" or orphaned or namespace is None
        return
    assert found is not None
    assert namespace is not None
    good = plan["probe_ok"] and plan["probe_answers"] == "silent" and plan["canary"] == "open"
    if plan["namespace"] == "foreign":
        assert status_of(found, "Ready") == ("False", "NamespaceTaken")
    elif good:
        assert status_of(found, "Ready") == ("True", "Ready")
        assert world.bindings() == ["govcloud:environment-owner"]
        assert world.cluster.get(PROBE) is None
    else:
        assert status_of(found, "Ready")[0] == "False"
