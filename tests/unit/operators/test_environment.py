"""Environment, step by step in a world in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.environment import reconcile as environment
from support import worlds
from support.worlds import ENVIRONMENT, PROBE, World, status_of

NAMESPACE = Ref("v1", "Namespace", "tax-portal-sandbox")
DENY = Ref("networking.k8s.io/v1", "NetworkPolicy", "govcloud-default-deny", "tax-portal-sandbox")


def reconcile(world: World) -> float | None:
    return environment.reconcile(world.cluster, ENVIRONMENT, world.around())


def requested(**environment_: Any) -> World:
    world = World()
    world.department()
    world.environment(world.request(), **environment_)
    return world


def settle(world: World, *, ok: bool = True, rounds: int = 6) -> None:
    world.settle_environment(ok=ok, rounds=rounds)


def ready(**environment_: Any) -> World:
    world = requested(**environment_)
    settle(world)
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")
    return world


def test_nobody_gets_in_before_isolation_is_proven() -> None:
    world = requested()
    for _ in range(5):
        reconcile(world)
        world.count_quotas()
    found = world.live(ENVIRONMENT)
    assert status_of(found, "NamespaceReady") == ("True", "Exists")
    assert status_of(found, "QuotaEnforced") == ("True", "Counted")
    assert status_of(found, "NetworkIsolated") == ("Unknown", "Probing")
    assert status_of(found, "AccessReady") == ("False", "Waiting")
    assert status_of(found, "Ready") == ("False", "Probing")
    assert world.bindings() == []
    assert world.live(DENY)["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_ready_when_everything_was_looked_at() -> None:
    world = ready()
    assert world.people() == {"govcloud:environment-owner": ["tax:owner"], "govcloud:tenant-services": ["tenant-tax"]}
    assert world.cluster.get(PROBE) is None
    assert world.live(NAMESPACE)["metadata"]["labels"][labels.PSA_ENFORCE] == "restricted"


def test_a_second_look_writes_nothing() -> None:
    world = ready()
    before = list(world.cluster.writes)
    for _ in range(3):
        world.pass_time(seconds=30)
        assert reconcile(world) is None
    assert world.cluster.writes == before


def test_the_probe_asks_for_the_right_targets() -> None:
    world = requested()
    reconcile(world)
    world.count_quotas()
    reconcile(world)
    pod = world.live(PROBE)
    arguments = pod["spec"]["containers"][0]["args"]
    assert arguments[:3] == ["check", "--allow", "dns:kubernetes.default.svc.cluster.local"]
    assert [arguments[i + 1] for i, a in enumerate(arguments) if a == "--deny"] == [
        "tcp:10.96.0.9:8080",
        "tcp:10.96.0.1:443",
    ]
    assert pod["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("running", "ended", "canary", "verdict"),
    [
        ("silent", worlds.finished(), "open", ("True", "Proven")),
        ("silent", worlds.finished(ok=False), "open", ("False", "ProbeFailed")),
        ("open", worlds.finished(), "open", ("False", "ProbeFailed")),
        ("refused", worlds.finished(), "open", ("False", "ProbeFailed")),
        ("silent", worlds.finished(), "silent", ("Unknown", "Inconclusive")),
        ("silent", worlds.finished(), "refused", ("Unknown", "Inconclusive")),
        ("silent", worlds.finished(message=""), "open", ("Unknown", "Inconclusive")),
        ("silent", worlds.finished(message="{"), "open", ("Unknown", "Inconclusive")),
        ("silent", {"phase": "Failed", "reason": "DeadlineExceeded"}, "open", ("Unknown", "Inconclusive")),
        (None, worlds.finished(), "open", ("Unknown", "Inconclusive")),
    ],
)
def test_verdicts(running: Any, ended: dict[str, Any], canary: Any, verdict: tuple[str, str]) -> None:
    world = requested()
    reconcile(world)
    world.count_quotas()
    reconcile(world)
    world.answers["10.96.0.9:8080"] = canary
    if running is not None:
        world.answers["10.0.0.7:8080"] = running
        world.set_probe({"phase": "Running", "podIP": "10.0.0.7"})
        reconcile(world)
    world.set_probe(ended)
    reconcile(world)
    assert status_of(world.live(ENVIRONMENT), "NetworkIsolated") == verdict
    assert bool(world.bindings()) == (verdict[0] == "True")


def test_a_pod_of_the_past_proves_nothing() -> None:
    world = requested()
    reconcile(world)
    world.count_quotas()
    reconcile(world)
    world.set_probe({"phase": "Running", "podIP": "10.0.0.7"})
    reconcile(world)
    world.cluster.delete(PROBE)
    reconcile(world)
    world.set_probe(worlds.finished())
    reconcile(world)
    assert status_of(world.live(ENVIRONMENT), "NetworkIsolated") == ("Unknown", "Inconclusive")


def test_failures_are_repeated_with_growing_pauses() -> None:
    world = requested()
    pauses = []
    for _ in range(4):
        settle(world, ok=False, rounds=5)
        probe = world.live(ENVIRONMENT)["status"]["isolationProbe"]
        pauses.append(probe["attempts"])
        world.pass_time(minutes=2)
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 4
    settle(world)
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


def test_without_a_canary_nothing_is_proven() -> None:
    world = requested()
    world.cluster.delete(Ref("v1", "Service", "isolation-canary", labels.SYSTEM_NAMESPACE))
    settle(world)
    assert status_of(world.live(ENVIRONMENT), "NetworkIsolated") == ("Unknown", "CanaryMissing")
    assert world.bindings() == []


def test_the_daily_look_keeps_people_in_while_it_runs() -> None:
    world = ready()
    before = world.live(ENVIRONMENT)["status"]
    world.pass_time(days=1, seconds=1)
    reconcile(world)
    assert world.cluster.get(PROBE) is not None
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")
    settle(world)
    after = world.live(ENVIRONMENT)["status"]
    assert after["conditions"] == before["conditions"], "a condition moved although nothing changed for people"
    assert after["isolationProbe"]["lastPassedAt"] > before["isolationProbe"]["lastPassedAt"]
    assert world.cluster.get(PROBE) is None


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]},
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{}]},
    ],
)
def test_a_changed_policy_is_repaired_and_proven_anew(spec: Object) -> None:
    world = ready()
    live = world.live(DENY)
    world.cluster.apply(
        {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": _named(live), "spec": spec},
        field_manager="somebody",
    )
    reconcile(world)
    assert world.cluster.get(PROBE) is not None
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("False", "Probing")
    settle(world)
    assert status_of(world.live(ENVIRONMENT), "Ready") == ("True", "Ready")


@pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange", "NetworkPolicy"])
def test_what_was_deleted_comes_back(kind: str) -> None:
    world = ready()
    version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    before = world.cluster.list(version, kind, namespace="tax-portal-sandbox")
    for obj in before:
        world.cluster.delete(Ref(version, kind, obj["metadata"]["name"], "tax-portal-sandbox"))
    settle(world)
    after = world.cluster.list(version, kind, namespace="tax-portal-sandbox")
    assert [o["spec"] for o in after] == [o["spec"] for o in before]


def test_access_follows_the_department() -> None:
    world = ready()
    people = [
        {"kind": "Group", "name": "tax:auditor", "role": "auditor"},
        {"kind": "User", "name": "olga", "role": "finance"},
    ]
    department = world.live(Ref(labels.API_VERSION, "Department", "tax"))
    world.cluster.apply(
        {
            "apiVersion": labels.API_VERSION,
            "kind": "Department",
            "metadata": {"name": "tax"},
            "spec": department["spec"] | {"subjects": people},
        },
        field_manager="platform",
    )
    reconcile(world)
    assert world.bindings() == ["govcloud:environment-reader", "govcloud:tenant-services"]


@pytest.mark.parametrize("annotations", [{}, {labels.OWNER_UID: "another"}])
def test_a_foreign_namespace_is_left_alone(annotations: dict[str, str]) -> None:
    world = requested()
    metadata = {
        "name": "tax-portal-sandbox",
        "labels": {labels.MANAGED_BY: labels.MANAGER, labels.DEPARTMENT: "tax"},
        "annotations": annotations,
    }
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    settle(world)
    assert status_of(world.live(ENVIRONMENT), "NamespaceReady") == ("False", "NamespaceTaken")
    assert world.cluster.list("v1", "ResourceQuota", namespace="tax-portal-sandbox") == []
    world.cluster.delete(ENVIRONMENT)
    reconcile(world)
    assert world.cluster.get(ENVIRONMENT) is None
    assert world.cluster.get(NAMESPACE) is not None


def test_the_next_look_is_when_time_changes_something() -> None:
    world = ready(expires_at=worlds.START + timedelta(days=30))
    world.now = worlds.START + timedelta(days=1)
    settle(world)
    seconds = reconcile(world)
    assert seconds == pytest.approx((worlds.START + timedelta(days=16) - world.now).total_seconds())


@pytest.mark.parametrize("again", [False, True])
def test_an_environment_outlives_its_request(again: bool) -> None:
    world = ready()
    world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "first", worlds.HOME))
    if again:
        world.request()
    before = list(world.cluster.writes)
    reconcile(world)
    assert world.cluster.writes == before


def test_what_the_api_refuses_is_told_on_our_object() -> None:
    class Refusing(MemoryCluster):
        def create(self, obj: Object, *, dry_run: bool = False) -> Object:
            if obj["kind"] == "Pod":
                raise errors.Forbidden("exceeded quota: govcloud-quota")
            return super().create(obj, dry_run=dry_run)

    world = requested()
    world.cluster.__class__ = Refusing
    reconcile(world)
    world.count_quotas()
    with pytest.raises(errors.Forbidden):
        reconcile(world)
    ready_condition = next(c for c in world.live(ENVIRONMENT)["status"]["conditions"] if c["type"] == "Ready")
    assert "exceeded quota" in ready_condition["message"]
    before = list(world.cluster.writes)
    with pytest.raises(errors.Forbidden):
        reconcile(world)
    assert world.cluster.writes == before


def test_what_cannot_be_understood_is_invalid() -> None:
    world = requested()
    spec = world.live(ENVIRONMENT)["spec"] | {"size": "huge"}
    world.cluster.apply(
        {
            "apiVersion": labels.API_VERSION,
            "kind": "Environment",
            "metadata": {"name": ENVIRONMENT.name, "namespace": ENVIRONMENT.namespace},
            "spec": spec,
        },
        field_manager="x",
    )
    with pytest.raises(errors.InvalidSpec, match=r"spec\.size"):
        reconcile(world)


def _named(obj: Object) -> Object:
    return {key: obj["metadata"][key] for key in ("name", "namespace")}
