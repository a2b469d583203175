"""What every `Cluster` must do; runs against MemoryCluster and a real API server."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_kube import Cluster, Object, Ref

OWNER = "tester"


def config_map(namespace: str, name: str = "a", **data: str) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def policy(namespace: str, *, types: list[str] | None = None, name: str = "deny") -> Object:
    spec = {"podSelector": {}, "policyTypes": types or ["Ingress"]}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def budget(namespace: str) -> Object:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}
    metadata = {"name": "budget", "namespace": namespace}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}


def condition(type_: str, status: str = "True") -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "reason": "Test",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }


def ref(namespace: str, name: str = "a") -> Ref:
    return Ref("v1", "ConfigMap", name, namespace)


def live(cluster: Cluster, of: Ref) -> Object:
    found = cluster.get(of)
    assert found is not None
    return found


def test_what_is_not_there_is_none(cluster: Cluster, namespace: str) -> None:
    assert cluster.get(ref(namespace)) is None
    assert cluster.get(Ref("v1", "Namespace", "no-such-namespace")) is None


def test_apply_creates_and_get_returns_it(cluster: Cluster, namespace: str) -> None:
    applied = cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    found = live(cluster, ref(namespace))
    assert found["data"] == {"x": "1"}
    assert found["metadata"]["uid"] == applied["metadata"]["uid"]
    assert (found["apiVersion"], found["kind"]) == ("v1", "ConfigMap")


def test_applying_the_same_again_changes_nothing(cluster: Cluster, namespace: str) -> None:
    first = cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    second = cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


def test_a_field_left_out_by_its_owner_goes(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace, x="1", y="2"), field_manager=OWNER)
    cluster.apply(config_map(namespace, z="3"), field_manager="somebody-else")
    cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert live(cluster, ref(namespace))["data"] == {"x": "1", "z": "3"}


def test_a_field_with_a_second_owner_stays(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace, x="1", y="2"), field_manager=OWNER)
    cluster.apply(config_map(namespace, y="2"), field_manager="somebody-else")
    cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert live(cluster, ref(namespace))["data"] == {"x": "1", "y": "2"}


def test_without_force_a_field_of_another_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    with pytest.raises(errors.Conflict):
        cluster.apply(config_map(namespace, x="2"), field_manager="somebody-else", force=False)
    cluster.apply(config_map(namespace, x="2"), field_manager="somebody-else")
    assert live(cluster, ref(namespace))["data"] == {"x": "2"}


def test_finalizers_are_a_set_of_several_owners(cluster: Cluster, namespace: str) -> None:
    held = config_map(namespace, x="1")
    held["metadata"] = held["metadata"] | {"finalizers": ["test.example/one"]}
    cluster.apply(held, field_manager=OWNER)
    held["metadata"] = held["metadata"] | {"finalizers": ["test.example/two"]}
    cluster.apply(held, field_manager="somebody-else")
    cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert live(cluster, ref(namespace))["metadata"]["finalizers"] == ["test.example/two"]


def test_a_finalizer_keeps_the_object_until_it_is_removed(cluster: Cluster, namespace: str) -> None:
    held = config_map(namespace, x="1")
    held["metadata"] = held["metadata"] | {"finalizers": ["test.example/one"]}
    cluster.apply(held, field_manager=OWNER)
    assert cluster.delete(ref(namespace))
    assert "deletionTimestamp" in live(cluster, ref(namespace))["metadata"]
    cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert cluster.get(ref(namespace)) is None


def test_dry_run_answers_but_stores_nothing(cluster: Cluster, namespace: str) -> None:
    assert cluster.apply(config_map(namespace, x="1"), field_manager=OWNER, dry_run=True)["data"] == {"x": "1"}
    assert cluster.create(config_map(namespace, x="1"), dry_run=True)["data"] == {"x": "1"}
    assert cluster.get(ref(namespace)) is None


def test_create_refuses_a_taken_name(cluster: Cluster, namespace: str) -> None:
    cluster.create(config_map(namespace, x="1"))
    with pytest.raises(errors.Conflict):
        cluster.create(config_map(namespace, x="2"))
    assert live(cluster, ref(namespace))["data"] == {"x": "1"}


@pytest.mark.parametrize("verb", ["apply", "create"])
def test_a_namespace_must_exist(cluster: Cluster, verb: str) -> None:
    write = cluster.create if verb == "create" else functools.partial(cluster.apply, field_manager=OWNER)
    with pytest.raises(errors.NotFound):
        write(config_map("no-such-namespace", x="1"))


def test_generation_follows_the_spec_only(cluster: Cluster, namespace: str) -> None:
    first = cluster.apply(policy(namespace), field_manager=OWNER)
    labelled = policy(namespace)
    labelled["metadata"] = labelled["metadata"] | {"labels": {"a": "b"}}
    second = cluster.apply(labelled, field_manager=OWNER)
    third = cluster.apply(policy(namespace, types=["Ingress", "Egress"]), field_manager=OWNER)
    assert [o["metadata"]["generation"] for o in (first, second, third)] == [1, 1, 2]


def test_status_is_written_only_by_its_own_verb(cluster: Cluster, namespace: str) -> None:
    given = budget(namespace) | {"status": {"conditions": [condition("Wrong")]}}
    created = cluster.apply(given, field_manager=OWNER)
    assert not (created.get("status") or {}).get("conditions")
    cluster.patch_status(budget(namespace) | {"status": {"conditions": [condition("A")]}}, field_manager=OWNER)
    after = live(cluster, Ref("policy/v1", "PodDisruptionBudget", "budget", namespace))
    assert [c["type"] for c in after["status"]["conditions"]] == ["A"]
    assert after["metadata"]["generation"] == created["metadata"]["generation"]


def test_conditions_merge_by_type_and_go_with_their_owner(cluster: Cluster, namespace: str) -> None:
    cluster.apply(budget(namespace), field_manager=OWNER)
    mine = [condition("A"), condition("B")]
    cluster.patch_status(budget(namespace) | {"status": {"conditions": mine}}, field_manager=OWNER)
    cluster.patch_status(budget(namespace) | {"status": {"conditions": [condition("C")]}}, field_manager="other")
    cluster.patch_status(budget(namespace) | {"status": {"conditions": [condition("A", "False")]}}, field_manager=OWNER)
    after = live(cluster, Ref("policy/v1", "PodDisruptionBudget", "budget", namespace))
    assert {c["type"]: c["status"] for c in after["status"]["conditions"]} == {"A": "False", "C": "True"}


def test_status_of_nothing_is_not_found(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(errors.NotFound):
        cluster.patch_status(budget(namespace) | {"status": {"conditions": []}}, field_manager=OWNER)


def test_status_of_another_uid_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    cluster.apply(budget(namespace), field_manager=OWNER)
    stranger = budget(namespace) | {"status": {"conditions": [condition("A")]}}
    stranger["metadata"] = stranger["metadata"] | {"uid": "00000000-0000-0000-0000-000000000000"}
    with pytest.raises(errors.Conflict):
        cluster.patch_status(stranger, field_manager=OWNER)


def test_apply_with_a_uid_never_creates(cluster: Cluster, namespace: str) -> None:
    ghost = config_map(namespace, x="1")
    ghost["metadata"] = ghost["metadata"] | {"uid": "00000000-0000-0000-0000-000000000000"}
    with pytest.raises(errors.Conflict):
        cluster.apply(ghost, field_manager=OWNER)
    assert cluster.get(ref(namespace)) is None


def test_apply_with_an_old_version_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    first = cluster.apply(config_map(namespace, x="1"), field_manager=OWNER)
    cluster.apply(config_map(namespace, x="2"), field_manager=OWNER)
    stale = config_map(namespace, x="3")
    stale["metadata"] = stale["metadata"] | {"resourceVersion": first["metadata"]["resourceVersion"]}
    with pytest.raises(errors.Conflict):
        cluster.apply(stale, field_manager=OWNER)
    assert live(cluster, ref(namespace))["data"] == {"x": "2"}


def test_delete_says_whether_it_was_there(cluster: Cluster, namespace: str) -> None:
    cluster.create(config_map(namespace, x="1"))
    assert cluster.delete(ref(namespace)) is True
    assert cluster.delete(ref(namespace)) is False


def test_delete_keeps_what_fails_a_precondition(cluster: Cluster, namespace: str) -> None:
    first = cluster.create(config_map(namespace, x="1"))
    cluster.apply(config_map(namespace, x="2"), field_manager=OWNER)
    with pytest.raises(errors.Conflict):
        cluster.delete(ref(namespace), uid="00000000-0000-0000-0000-000000000000")
    with pytest.raises(errors.Conflict):
        cluster.delete(ref(namespace), resource_version=first["metadata"]["resourceVersion"])
    assert cluster.delete(ref(namespace), uid=first["metadata"]["uid"])


def test_list_by_namespace_and_labels(cluster: Cluster, new_namespace: Callable[[], str]) -> None:
    here, there = new_namespace(), new_namespace()
    for where, name, labels in [(here, "a", {"k": "1"}), (here, "b", {"k": "2"}), (there, "c", {"k": "1"})]:
        obj = config_map(where, name)
        obj["metadata"] = obj["metadata"] | {"labels": labels | {"round": here}}
        cluster.create(obj)
    everywhere = cluster.list("v1", "ConfigMap", label_selector=f"k=1,round={here}")
    assert [(o["kind"], o["metadata"]["name"]) for o in everywhere] == [("ConfigMap", "a"), ("ConfigMap", "c")]
    local = cluster.list("v1", "ConfigMap", namespace=here, label_selector="k")
    assert [o["metadata"]["name"] for o in local] == ["a", "b"]


def test_list_by_fields(cluster: Cluster, namespace: str) -> None:
    about = {"apiVersion": "v1", "kind": "Pod", "name": "web", "namespace": namespace}
    for name, type_ in (("a", "Normal"), ("b", "Warning"), ("c", "Warning")):
        metadata = {"name": name, "namespace": namespace}
        told = {"involvedObject": about, "reason": "Test", "message": name, "type": type_}
        cluster.create({"apiVersion": "v1", "kind": "Event", "metadata": metadata, **told})
    found = cluster.list("v1", "Event", namespace=namespace, field_selector="type=Warning,involvedObject.name=web")
    assert [event["message"] for event in found] == ["b", "c"]
    assert cluster.list("v1", "Event", namespace=namespace, field_selector="involvedObject.name=other") == []


def test_what_get_returns_is_a_copy(cluster: Cluster, namespace: str) -> None:
    cluster.create(config_map(namespace, x="1"))
    live(cluster, ref(namespace))["data"]["x"] = "changed here only"
    assert live(cluster, ref(namespace))["data"] == {"x": "1"}


def test_nothing_new_in_a_namespace_that_is_going(cluster: Cluster, namespace: str) -> None:
    held = config_map(namespace, x="1")
    held["metadata"] = held["metadata"] | {"finalizers": ["test.example/one"]}
    cluster.apply(held, field_manager=OWNER)
    home = Ref("v1", "Namespace", namespace)
    assert cluster.delete(home)
    assert "deletionTimestamp" in live(cluster, home)["metadata"]
    with pytest.raises(errors.Forbidden):
        cluster.create(config_map(namespace, "b"))


def test_raw_gives_bytes(cluster: Cluster) -> None:
    assert b"gitVersion" in cluster.raw("GET", "/version")
    with pytest.raises(errors.NotFound):
        cluster.raw("GET", "/no/such/path")


def test_acting_as_another_is_that_other(cluster: Cluster, namespace: str) -> None:
    tenant = "system:serviceaccount:govcloud-tenants:tenant-tax"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    mine = cluster.create(review)["status"]["userInfo"]["username"]
    other = cluster.acting_as(tenant)
    assert other.create(review)["status"]["userInfo"]["username"] == tenant
    assert other.acting_as("olga").create(review)["status"]["userInfo"]["username"] == "olga"
    assert cluster.create(review)["status"]["userInfo"]["username"] == mine != tenant


def test_acting_as_another_sees_the_same_objects(cluster: Cluster, namespace: str) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "writer", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "writer"}],
    }
    cluster.create(role)
    writer = cluster.acting_as("writer")
    made = writer.apply(config_map(namespace, x="1"), field_manager=OWNER)
    assert live(cluster, ref(namespace)) == live(writer, ref(namespace))
    cluster.apply(config_map(namespace, x="2"), field_manager=OWNER)
    assert live(writer, ref(namespace))["data"] == {"x": "2"}
    assert live(writer, ref(namespace))["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]
    assert writer.delete(ref(namespace))
    assert cluster.get(ref(namespace)) is None
