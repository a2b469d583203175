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
from govcloud_api.v1alpha1.environment import Network
from govcloud_kube import Object, Ref
from govcloud_operators.environment import desired
from govcloud_operators.environment import reconcile as environment
from govcloud_operators.environment.gather import gather
from support import worlds
from support.worlds import ENVIRONMENT, PROBE, World, status_of

NAMESPACE = "tax-portal-sandbox"
State = st.sampled_from(["missing", "right", "changed"])
PARTS = ("quota", "limits", "deny", "dns", "same", "egress", "ingress", "binding", "viewers", "services")
OPEN_MODEL: dict[str, Any] = {"egress": "public", "ingress_hosts": ["portal.example.org"]}
OPEN = {"egress": "public", "ingressHosts": ["portal.example.org"]}

random_world = st.fixed_dictionaries(
    {
        "finalizer": st.booleans(),
        "namespace": st.sampled_from(["missing", "right", "changed", "foreign"]),
        "parts": st.fixed_dictionaries(dict.fromkeys(PARTS, State)),
        "counted": st.booleans(),
        "request": st.booleans(),
        "open": st.booleans(),
        "suspended": st.sampled_from([False, False, True]),
        "hold": st.sampled_from([False, False, True]),
        "retain": st.sampled_from([False, False, True]),
        "web": st.sampled_from([None, 0, 3]),
        "service": st.sampled_from([None, None, "protected", "free"]),
        "expires_days": st.sampled_from([None, -20, -1, 0, 1, 13, 100]),
        "noted_days": st.sampled_from([None, -30, -1, 5]),
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
    made = world.environment(request, expires_at=expires, spec=wanted_spec(plan))
    if plan["finalizer"]:
        held = desired.held(Environment.parse(made), holds=True)
        made = world.cluster.apply(held, field_manager=labels.OPERATOR_FIELD_MANAGER)
    if not plan["request"]:
        world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "first", worlds.HOME))
    if plan["namespace"] != "missing":
        seed_namespace(world, made, plan)
    world.answers |= {"10.96.0.9:8080": plan["canary"], "10.0.0.7:8080": plan["probe_answers"]}
    seed_record(world, plan["record"], plan["noted_days"])
    if plan["deleted"]:
        world.cluster.delete(ENVIRONMENT)
    world.cluster.writes.clear()
    return world


def wanted_spec(plan: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"suspended": plan["suspended"], "legalHold": plan["hold"]}
    if plan["open"]:
        spec["network"] = OPEN
    if plan["retain"]:
        spec["deletionPolicy"] = "Retain"
    return spec | {"members": [{"kind": "User", "name": "vera", "role": "viewer"}]}


def seed_namespace(world: World, made: Object, plan: dict[str, Any]) -> None:
    parsed = Environment.parse(made)
    open_plan = desired.Plan(
        environment=parsed.model_copy(
            update={"spec": parsed.spec.model_copy(update={"network": Network(**OPEN_MODEL)})}
        ),
        networks=worlds.NETWORKS,
    )
    namespace = desired.namespace(desired.Plan(environment=parsed))
    if plan["namespace"] == "foreign":
        namespace["metadata"]["annotations"] = {}
    if plan["namespace"] == "changed":
        namespace["metadata"]["labels"][labels.PSA_ENFORCE] = "privileged"
    world.cluster.seed(namespace)
    shut = desired.closed_stages(open_plan)[1]
    department = gather(world.cluster, ENVIRONMENT, world.around())
    assert department is not None
    assert department.department is not None
    objects = [*shut, *desired.access(parsed, department.department)]
    for part, obj in zip(PARTS, objects, strict=True):
        if plan["parts"][part] == "changed":
            obj = change(obj)
        if plan["parts"][part] != "missing":
            world.cluster.seed(obj)
    if plan["web"] is not None:
        metadata = {"name": "web", "namespace": NAMESPACE}
        web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": plan["web"]}}
        world.cluster.seed(web)
    if plan["service"] is not None:
        spec = {"deletionProtection": plan["service"] == "protected"}
        kind = {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance"}
        world.cluster.seed(kind | {"metadata": {"name": "db", "namespace": NAMESPACE}, "spec": spec})
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


def seed_record(world: World, kind: str | None, noted_days: int | None) -> None:
    moment = conditions.timestamp(worlds.START)
    records: dict[str, dict[str, Any]] = {
        "stale key": {"key": "sha256:1", "lastPassedAt": moment},
        "failed often": {"attempts": 30, "attemptedAt": moment, "message": "open: something"},
        "other pod": {"podUid": "gone", "ingress": "Denied"},
    }
    status: dict[str, Any] = {"observedGeneration": 1}
    if kind is not None:
        status["isolationProbe"] = records[kind]
    if noted_days is not None:
        status["deleteAfter"] = conditions.timestamp(worlds.START + timedelta(days=noted_days))
    if len(status) > 1:
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
    check_end(world, plan, had_access=had_access)
    if is_quiet(plan):
        before = list(world.cluster.writes)
        environment.reconcile(world.cluster, ENVIRONMENT, world.around())
        environment.reconcile(world.cluster, ENVIRONMENT, world.around())
        assert world.cluster.writes == before, "it never rests"


def is_quiet(plan: dict[str, Any]) -> bool:
    return bool(plan["probe_ok"] and plan["probe_answers"] == "silent" and plan["canary"] == "open")


def is_expired(plan: dict[str, Any]) -> bool:
    return plan["expires_days"] is not None and plan["expires_days"] <= 0


def is_over(plan: dict[str, Any]) -> bool:
    """Its time after expiry has run out, by a day that was noted for this very expiry."""
    if not is_expired(plan) or plan["noted_days"] is None or plan["hold"] or plan["retain"]:
        return False
    return bool(plan["noted_days"] <= 0 and plan["noted_days"] >= plan["expires_days"] + 14)


def check_end(world: World, plan: dict[str, Any], *, had_access: bool) -> None:
    found = world.cluster.get(ENVIRONMENT)
    namespace = world.cluster.get(Ref("v1", "Namespace", NAMESPACE))
    if plan["namespace"] == "foreign":
        assert namespace is not None, "a foreign namespace was removed"
    if plan["deleted"] and not plan["finalizer"]:  # gone before anybody could look
        assert found is None
        return
    owned = plan["namespace"] in ("right", "changed")
    if (plan["deleted"] or is_over(plan)) and not (owned and is_blocked(plan)):
        assert found is None
        assert plan["namespace"] == "foreign" or namespace is None
        return
    assert found is not None
    assert namespace is not None
    if plan["deleted"]:
        assert status_of(found, "Ready") == ("False", "Deleting")
    elif plan["namespace"] == "foreign":
        assert status_of(found, "Ready")[0] == "False"
        assert status_of(found, "NamespaceReady") == ("False", "NamespaceTaken")
    else:
        check_standing(world, plan, found, had_access=had_access)


def is_blocked(plan: dict[str, Any]) -> bool:
    """Whether a removal stops. An owned namespace only: what is not there cannot be held."""
    protected = plan["service"] == "protected" and not (plan["noted_days"] is not None and plan["noted_days"] <= 0)
    return bool(plan["hold"] or protected)


def check_standing(world: World, plan: dict[str, Any], found: Object, *, had_access: bool) -> None:
    web = world.cluster.get(Ref("apps/v1", "Deployment", "web", NAMESPACE))
    quota = world.live(Ref("v1", "ResourceQuota", "govcloud-quota", NAMESPACE))
    if plan["suspended"] or is_expired(plan):
        assert status_of(found, "Ready") == ("False", "Suspended")
        assert quota["spec"]["hard"]["pods"] == "0"
        assert web is None or web["spec"]["replicas"] == 0
        assert bool(world.bindings()) == had_access
        return
    assert quota["spec"]["hard"]["pods"] == "20"
    assert web is None or web["spec"]["replicas"] == plan["web"]
    if not is_quiet(plan):
        assert status_of(found, "Ready")[0] == "False"
        return
    assert status_of(found, "Ready") == ("True", "Ready")
    assert world.people() == {
        "govcloud:environment-owner": ["tax:owner"],
        "govcloud:environment-viewer": ["vera"],
        "govcloud:tenant-services": ["tenant-tax"],
    }
    assert world.cluster.get(PROBE) is None
    policies = world.cluster.list("networking.k8s.io/v1", "NetworkPolicy", namespace=NAMESPACE)
    assert len(policies) == (5 if plan["open"] else 3)
