"""Each admission policy: what it lets through, and what it refuses to whom, in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref, ref_of
from support import tenancy


def patch(cluster: Cluster, path: str, body: Object) -> None:
    cluster.raw("PATCH", path, body, "application/merge-patch+json")


def request_path(home: str, name: str) -> str:
    return f"/apis/{labels.API_VERSION}/namespaces/{home}/environmentrequests/{name}"


def service(namespace: str, **spec: object) -> Object:
    ports = [{"port": 80}]
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports} | spec}


def pod(namespace: str, name: str, **annotations: str) -> Object:
    container = {
        "name": "c",
        "image": "x",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "securityContext": security},
    }


def test_the_server_writes_who_asks(tax: str, owner_of: Callable[[str], Cluster]) -> None:
    stored = owner_of("tax").create(tenancy.request(tax, "stamp"), dry_run=True)
    assert stored["spec"]["requestedBy"] == "tax-owner"


def test_asking_as_oneself_is_fine(tax: str, owner_of: Callable[[str], Cluster]) -> None:
    assert owner_of("tax").create(tenancy.request(tax, "self", requestedBy="tax-owner"), dry_run=True)


def test_asking_as_another_is_refused(tax: str, owner_of: Callable[[str], Cluster]) -> None:
    with pytest.raises(errors.InvalidSpec, match="requestedBy is minister, but you are tax-owner"):
        owner_of("tax").create(tenancy.request(tax, "other", requestedBy="minister"), dry_run=True)


@pytest.mark.parametrize("purpose", ["production", "staging"])
def test_returning_what_citizens_use_needs_its_name(tax: str, owner_of: Callable[[str], Cluster], purpose: str) -> None:
    owner = owner_of("tax")
    name = f"guarded-{purpose}"
    stored = owner.create(tenancy.request(tax, name, purpose=purpose, product="guarded"))
    with pytest.raises(errors.InvalidSpec, match="confirm-return"):
        owner.delete(ref_of(stored))
    patch(owner, request_path(tax, name), {"metadata": {"annotations": {"govcloud.internal/confirm-return": name}}})
    assert owner.delete(ref_of(stored))


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {"state.govcloud.internal/phase": "done"}},
        {"finalizers": ["govcloud.internal/mine"]},
    ],
)
def test_operator_state_cannot_be_forged(
    tax: str, owner_of: Callable[[str], Cluster], metadata: dict[str, object]
) -> None:
    forged = tenancy.request(tax, "forged")
    forged["metadata"] |= metadata
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        owner_of("tax").create(forged, dry_run=True)


def test_other_annotations_are_free(tax: str, owner_of: Callable[[str], Cluster]) -> None:
    noted = tenancy.request(tax, "noted")
    noted["metadata"]["annotations"] = {"tax.example/ticket": "17"}
    assert owner_of("tax").create(noted, dry_run=True)


def test_not_even_an_admin_removes_the_operators_finalizer(tax: str, admin: Cluster) -> None:
    path = f"/apis/{labels.API_VERSION}/departments/tax"
    with pytest.raises(errors.InvalidSpec, match=r"finalizers govcloud\.internal"):
        patch(admin, path, {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("kind", ["departments/tax/status", "departments/tax/status?dryRun=All"])
def test_status_is_the_operators(tax: str, admin: Cluster, kind: str) -> None:
    with pytest.raises(errors.InvalidSpec, match="only the operator writes"):
        patch(admin, f"/apis/{labels.API_VERSION}/{kind}", {"status": {"environments": 99}})


def test_an_environment_is_the_operators(tax: str, admin: Cluster) -> None:
    spec = {
        "departmentRef": "tax",
        "product": "x",
        "purpose": "sandbox",
        "size": "small",
        "quota": {"cpu": "1", "memory": "1Gi", "storage": "1Gi", "pods": 1},
        "requestRef": {"name": "r", "uid": "u"},
    }
    forged = {
        "apiVersion": labels.API_VERSION,
        "kind": "Environment",
        "metadata": {"name": "x", "namespace": tax},
        "spec": spec,
    }
    with pytest.raises(errors.InvalidSpec, match="only the operator writes"):
        admin.create(forged, dry_run=True)


FROZEN = [
    {"labels": {labels.DEPARTMENT: "health"}},
    {"labels": {labels.DEPARTMENT: None}},
    {"labels": {labels.PSA_ENFORCE: "privileged"}},
    {"labels": {labels.PSA_ENFORCE: None}},
    {"labels": {"pod-security.kubernetes.io/enforce-version": "v1.20"}},
    {"annotations": {labels.OWNER_UID: "me"}},
    {"ownerReferences": [{"apiVersion": "v1", "kind": "Namespace", "name": "default", "uid": "u"}]},
]


@pytest.mark.parametrize("path", ["", "/status"])
@pytest.mark.parametrize("metadata", FROZEN)
def test_what_decides_isolation_is_frozen(workplace: str, admin: Cluster, path: str, metadata: Object) -> None:
    with pytest.raises(errors.InvalidSpec, match=r"operator|cannot be changed"):
        patch(admin, f"/api/v1/namespaces/{workplace}{path}", {"metadata": metadata})


@pytest.mark.parametrize("metadata", FROZEN[:1])
def test_the_finalize_path_is_closed_too(workplace: str, admin: Cluster, metadata: Object) -> None:
    live = admin.get(Ref("v1", "Namespace", workplace))
    assert live is not None
    live["metadata"]["labels"] |= metadata["labels"]
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        admin.raw("PUT", f"/api/v1/namespaces/{workplace}/finalize", live)


def test_other_labels_of_a_namespace_are_free(workplace: str, admin: Cluster) -> None:
    patch(admin, f"/api/v1/namespaces/{workplace}", {"metadata": {"labels": {"team": "blue"}}})


def test_nobody_else_makes_a_departments_namespace(admin: Cluster) -> None:
    forged = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "labels": {labels.DEPARTMENT: "tax"}}}
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        admin.create(forged, dry_run=True)


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "NodePort"},
        {"type": "LoadBalancer"},
        {"type": "ExternalName", "externalName": "example.org"},
        {"externalIPs": ["192.0.2.1"]},
    ],
)
def test_a_service_stays_inside(workplace: str, owner_of: Callable[[str], Cluster], spec: Object) -> None:
    with pytest.raises(errors.InvalidSpec, match="not allowed here"):
        owner_of("tax").create(service(workplace, **spec), dry_run=True)


def test_an_inner_service_is_fine(workplace: str, owner_of: Callable[[str], Cluster]) -> None:
    assert owner_of("tax").create(service(workplace), dry_run=True)


def test_the_platform_may_have_node_ports(admin: Cluster) -> None:
    assert admin.create(service("default", type="NodePort"), dry_run=True)


def test_nobody_else_runs_the_probe(workplace: str, owner_of: Callable[[str], Cluster]) -> None:
    owner = owner_of("tax")
    assert owner.create(pod(workplace, "mine"), dry_run=True)
    with pytest.raises(errors.InvalidSpec, match="belongs to the operator"):
        owner.create(pod(workplace, "govcloud-probe"), dry_run=True)
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        owner.create(pod(workplace, "mine", **{"state.govcloud.internal/probe-key": "k"}), dry_run=True)


def test_a_privileged_pod_is_refused(workplace: str, owner_of: Callable[[str], Cluster]) -> None:
    hostile = pod(workplace, "hostile")
    hostile["spec"]["hostNetwork"] = True
    with pytest.raises(errors.Forbidden, match="restricted"):
        owner_of("tax").create(hostile, dry_run=True)


def test_the_operator_stays_in_departments(as_operator: Cluster, workplace: str) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mine", "namespace": "kube-system"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "govcloud:environment-owner",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": labels.OPERATOR_USER}],
    }
    with pytest.raises(errors.InvalidSpec, match="only in namespaces of departments"):
        as_operator.create(binding, dry_run=True)
    binding["metadata"] = {"name": "mine", "namespace": workplace}
    assert as_operator.create(binding, dry_run=True)
    with pytest.raises(errors.InvalidSpec, match="only in namespaces of departments"):
        as_operator.create(pod("kube-system", "mine"), dry_run=True)


@pytest.mark.parametrize("verb", ["create", "label", "delete"])
def test_the_operator_never_takes_a_foreign_namespace(as_operator: Cluster, verb: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: as_operator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "plain"}}),
        "label": lambda: patch(
            as_operator, "/api/v1/namespaces/kube-system", {"metadata": {"labels": {labels.DEPARTMENT: "tax"}}}
        ),
        "delete": lambda: as_operator.delete(Ref("v1", "Namespace", labels.SYSTEM_NAMESPACE)),
    }
    with pytest.raises(errors.InvalidSpec, match="only namespaces of departments"):
        calls[verb]()


def test_the_operator_never_moves_a_namespace(as_operator: Cluster, workplace: str) -> None:
    body = {"metadata": {"labels": {labels.DEPARTMENT: "health"}}}
    with pytest.raises(errors.InvalidSpec, match="never changes its department"):
        patch(as_operator, f"/api/v1/namespaces/{workplace}", body)


def test_the_operator_cannot_give_more_than_its_four_roles(as_operator: Cluster, workplace: str) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mine", "namespace": workplace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "x"}],
    }
    with pytest.raises(errors.Forbidden):
        as_operator.create(binding, dry_run=True)


def test_policies_compile(admin: Cluster) -> None:
    """A policy whose CEL does not type-check would fail closed for everybody; the server says so when asked."""
    for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"):
        found = admin.list("admissionregistration.k8s.io/v1", kind)
        assert found
        assert "expressionWarnings" not in json.dumps(found)
