"""What is made for an environment on the real API server: openings, members, marks, priorities, a tenant's account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, tenancy

REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
OPEN = {"egress": "public", "ingressHosts": ["portal.example.org"]}


def environment(home: str, product: str, **spec: Any) -> Object:
    """An Environment as an approved request leads to it."""
    wanted = {
        "departmentRef": home.removeprefix("dept-"),
        "product": product,
        "purpose": "sandbox",
        "quota": {"cpu": "500m", "memory": "1Gi", "storage": "1Gi", "pods": 5},
        "requestRef": {"name": "by-hand", "uid": "by-hand"},
    }
    metadata = {"name": f"{product}-sandbox", "namespace": home}
    return {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": wanted | spec}


def ready(admin: Cluster, as_operator: Cluster, made: Object, *, namespace: str = "") -> Ref:
    """Create it and act as the kubelet until it is Ready."""
    ref = Ref(labels.API_VERSION, "Environment", made["metadata"]["name"], made["metadata"]["namespace"])
    as_operator.create(made)
    tenancy.play_kubelet(admin, namespace or f"{made['spec']['departmentRef']}-{ref.name}")
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(ref)), f"{ref} is Ready", seconds=60)
    return ref


def test_approved_ways_and_members_are_there(tax: str, admin: Cluster, as_operator: Cluster) -> None:
    people = [
        {"kind": "User", "name": "edgar", "role": "editor"},
        {"kind": "Group", "name": "visitors", "role": "viewer"},
    ]
    ref = ready(admin, as_operator, environment(tax, "open", network=OPEN, members=people))
    where = "tax-open-sandbox"
    version = "networking.k8s.io/v1"
    egress = admin.get(Ref(version, "NetworkPolicy", "govcloud-allow-egress", where))
    assert egress is not None
    (peer,) = egress["spec"]["egress"][0]["to"]
    assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert "10.0.0.0/8" in peer["ipBlock"]["except"], "with it the cluster's own networks"
    assert admin.get(Ref(version, "NetworkPolicy", "govcloud-allow-ingress", where)) is not None
    namespace = admin.get(Ref("v1", "Namespace", where))
    assert namespace is not None
    assert namespace["metadata"]["annotations"][labels.INGRESS_HOSTS] == "portal.example.org"
    assert namespace["metadata"]["labels"][labels.TIER] == "standard"
    assert binding(admin, where, "govcloud:environment-editor") == [("User", "edgar")]
    assert binding(admin, where, "govcloud:environment-viewer") == [("Group", "visitors")]
    assert binding(admin, where, "govcloud:tenant-services") == [("ServiceAccount", "tenant-tax")]
    found = admin.get(ref)
    assert found is not None
    assert found["status"]["quota"]["hard"]["requests.cpu"] == "500m"


def binding(admin: Cluster, where: str, name: str) -> list[tuple[str, str]]:
    found = admin.get(Ref("rbac.authorization.k8s.io/v1", "RoleBinding", name, where))
    return [(subject["kind"], subject["name"]) for subject in (found or {}).get("subjects", [])]


def test_an_exemption_marks_the_namespace_while_it_holds(
    tax: str, server: apiserver.ApiServer, admin: Cluster, as_operator: Cluster, owner_of: Callable[[str], Cluster]
) -> None:
    ready(admin, as_operator, environment(tax, "exempt"))
    end = conditions.timestamp(datetime.now(UTC) + timedelta(days=1))
    spec = {"environmentRef": "exempt-sandbox", "rule": "image-registry", "reason": "for this test", "expiresAt": end}
    kind = {"apiVersion": labels.API_VERSION, "kind": "PolicyExemption"}
    owner_of("tax").create(kind | {"metadata": {"name": "images", "namespace": tax}, "spec": spec})
    asked = Ref(labels.API_VERSION, "PolicyExemption", "images", tax)
    tenancy.eventually(lambda: ((admin.get(asked) or {}).get("status") or {}).get("specHash"), "it is looked at")
    server.connect("pia", "platform:approver").create(approval(admin.get(asked) or {}))
    mark = f"{labels.EXEMPT_PREFIX}image-registry"
    where = Ref("v1", "Namespace", "tax-exempt-sandbox")
    tenancy.eventually(lambda: (admin.get(where) or {})["metadata"]["labels"].get(mark) == "true", "it is marked")
    admin.delete(asked)
    tenancy.eventually(lambda: (admin.get(where) or {})["metadata"]["labels"].get(mark) == "false", "it ends")


def approval(asked: Object) -> Object:
    """The platform's word on an exemption as it is shown."""
    named = {key: asked["metadata"][key] for key in ("namespace", "name", "uid")}
    about = named | {"kind": asked["kind"], "specHash": asked["status"]["specHash"]}
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "Approval",
        "metadata": {"name": "images", "namespace": labels.APPROVALS_NAMESPACE},
        "spec": {"requestRef": about, "verdict": "Approve", "role": "approver"},
    }


def test_refused_pods_are_told_on_the_environment(tax: str, admin: Cluster, as_operator: Cluster) -> None:
    ref = ready(admin, as_operator, environment(tax, "issues"))
    where = "tax-issues-sandbox"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    metadata = {"name": "web", "namespace": where}
    made = admin.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})
    text = 'Error creating: pods "web-x" is forbidden: violates PodSecurity "restricted:v1.36": runAsNonRoot != true'
    involved = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": made["metadata"]["uid"]}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "web.", "namespace": where},
        "involvedObject": involved | {"namespace": where},
        "reason": "FailedCreate",
        "message": text,
        "type": "Warning",
        "lastTimestamp": conditions.timestamp(datetime.now(UTC)),
    }
    admin.create(event)
    (issue,) = tenancy.eventually(lambda: (admin.get(ref) or {})["status"].get("issues"), "it is told")
    assert (issue["code"], issue["object"]) == ("PodSecurity", "ReplicaSet web")
    assert tenancy.is_ready(admin.get(ref)), "the environment itself is well"
    admin.delete(Ref("apps/v1", "ReplicaSet", "web", where))
    tenancy.eventually(lambda: not (admin.get(ref) or {})["status"].get("issues"), "it goes with its cause")


def test_a_namespace_changes_hands(
    tax: str, health: str, admin: Cluster, as_operator: Cluster, owner_of: Callable[[str], Cluster]
) -> None:
    old = ready(admin, as_operator, environment(tax, "moved"))
    where = "tax-moved-sandbox"
    note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note", "namespace": where}}
    owner_of("tax").create(note)
    before = admin.get(Ref("v1", "Namespace", where)) or {}
    made = environment(health, "moved")
    made["metadata"]["annotations"] = {labels.TRANSFERRED_FROM: (admin.get(old) or {})["metadata"]["uid"]}
    new = ready(admin, as_operator, made, namespace=where)
    tenancy.eventually(lambda: admin.get(old) is None, "the old one is gone")
    after = admin.get(Ref("v1", "Namespace", where)) or {}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["labels"][labels.DEPARTMENT] == "health"
    assert owner_of("health").get(Ref("v1", "ConfigMap", "note", where)) is not None
    with pytest.raises(errors.Forbidden):
        owner_of("tax").get(Ref("v1", "ConfigMap", "note", where))
    assert binding(admin, where, "govcloud:tenant-services") == [("ServiceAccount", "tenant-health")]
    as_operator.delete(new)
    tenancy.eventually(lambda: admin.get(Ref("v1", "Namespace", where)) is None, "it goes with its owner", seconds=60)


@pytest.mark.parametrize(
    "notes",
    [
        {labels.OWNER_UID: "forged"},
        {labels.OWNER_UID: "forged", labels.TRANSFERRED_FROM: "wrong"},
        {labels.OWNER_UID: "forged", labels.TRANSFERRED_FROM: "somebody"},
    ],
)
def test_not_even_the_operator_takes_what_was_not_claimed(
    notes: dict[str, str], workplace: str, as_operator: Cluster
) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": workplace, "annotations": notes}}
    with pytest.raises(errors.InvalidSpec, match="only by a transfer that was claimed"):
        as_operator.apply(body, field_manager="test", dry_run=True)


def test_each_tier_has_a_priority(admin: Cluster, tax: str) -> None:
    for tier in admin.list(labels.API_VERSION, "ServiceTier"):
        ref = Ref("scheduling.k8s.io/v1", "PriorityClass", f"govcloud-{tier['metadata']['name']}")
        found = tenancy.eventually(lambda ref=ref: admin.get(ref), f"{ref} is there")
        assert found["value"] == tier["spec"]["priority"]
    standard = Ref(labels.API_VERSION, "ServiceTier", "standard")
    tenancy.eventually(lambda: (admin.get(standard) or {})["status"]["departments"] >= 1, "departments are counted")


def test_the_operator_bears_tenants_names_and_no_others(tax: str, as_operator: Cluster) -> None:
    tenant = labels.tenant_user("tax")
    assert as_operator.acting_as(tenant).create(REVIEW)["status"]["userInfo"]["username"] == tenant
    for stranger in ("tax-owner", "system:admin", "system:serviceaccount:kube-system:default", labels.OPERATOR_USER):
        with pytest.raises(errors.Forbidden):
            as_operator.acting_as(stranger).create(REVIEW)
