"""Admission on our own kinds and on namespaces: what passes, and what is refused to whom, in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from govcloud_api import errors, labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster, Object, Ref, ref_of
from support import apiserver, places, samples, tenancy
from support.schema_cases import changed, put

OURS = f"/apis/{labels.API_VERSION}"
ASKED = [samples.CREATE, samples.POLICY_EXEMPTION, samples.SERVICE_BINDING]


def patch(cluster: Cluster, path: str, body: Object) -> None:
    cluster.raw("PATCH", path, body, "application/merge-patch+json")


def placed(example: Object, namespace: str, **spec: object) -> Object:
    """An example in another namespace, without what the server stamps unless given here."""
    stamps = ("requestedBy", "decidedBy", "decidedByGroups")
    kept = {key: value for key, value in example["spec"].items() if key not in stamps}
    return example | {"metadata": example["metadata"] | {"namespace": namespace}, "spec": kept | spec}


def place_of(acme: places.Place, example: Object) -> str:
    return acme.work if example["kind"].startswith("Service") else acme.home


@pytest.mark.parametrize("example", ASKED, ids=lambda example: example["kind"])
def test_the_server_writes_who_asks(acme: places.Place, example: Object) -> None:
    obj = placed(example, place_of(acme, example))
    assert acme.person("owner").create(obj, dry_run=True)["spec"]["requestedBy"] == "acme-owner"
    assert acme.person("owner").create(changed(obj, put("spec.requestedBy", "acme-owner")), dry_run=True)


@pytest.mark.parametrize("name", ["minister", "acme-owneR", "acme-owner\u200b", labels.OPERATOR_USER])
@pytest.mark.parametrize("example", ASKED, ids=lambda example: example["kind"])
def test_asking_as_another_is_refused(acme: places.Place, example: Object, name: str) -> None:
    obj = placed(example, place_of(acme, example), requestedBy=name)
    with pytest.raises(errors.InvalidSpec, match=r"but you are acme-owner|should match"):
        acme.person("owner").create(obj, dry_run=True)


def test_an_applied_request_is_stamped_too(acme: places.Place) -> None:
    obj = placed(samples.CREATE, acme.home)
    stored = acme.person("owner").apply(obj, field_manager="kubectl", dry_run=True)
    assert stored["spec"]["requestedBy"] == "acme-owner"


def test_the_server_writes_who_decides_and_with_which_groups(acme: places.Place) -> None:
    stored = acme.person("approver").create(placed(samples.APPROVAL, acme.home), dry_run=True)["spec"]
    assert stored["decidedBy"] == "acme-approver"
    assert set(stored["decidedByGroups"]) == {"acme:approver", "system:authenticated"}


def test_deciding_as_oneself_is_fine_in_any_order_of_groups(acme: places.Place) -> None:
    for groups in (["acme:approver", "system:authenticated"], ["system:authenticated", "acme:approver"]):
        obj = placed(samples.APPROVAL, acme.home, decidedBy="acme-approver", decidedByGroups=groups)
        assert acme.person("approver").create(obj, dry_run=True)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"decidedBy": "acme-finance"}, "decidedBy is acme-finance, but you are acme-approver"),
        ({"decidedByGroups": ["acme:finance"]}, "are not your groups"),
        ({"decidedByGroups": ["acme:approver"]}, "are not your groups"),
        ({"decidedByGroups": ["acme:approver", "system:authenticated", "platform:approver"]}, "are not your groups"),
    ],
)
def test_deciding_as_another_is_refused(acme: places.Place, spec: Object, message: str) -> None:
    with pytest.raises(errors.InvalidSpec, match=message):
        acme.person("approver").create(placed(samples.APPROVAL, acme.home, **spec), dry_run=True)


def test_a_word_on_ones_own_request_is_refused(acme: places.Place) -> None:
    obj = changed(placed(samples.APPROVAL, acme.home), put("spec.requestRef.requestedBy", "acme-owner"))
    assert acme.person("approver").create(obj, dry_run=True)
    obj["spec"]["requestRef"]["requestedBy"] = "acme-approver"
    with pytest.raises(errors.InvalidSpec, match="another person decides"):
        acme.person("approver").create(obj, dry_run=True)


def test_a_member_manager_changes_members_only(acme: places.Place) -> None:
    manager = acme.person("member-manager")
    members = placed(samples.CHANGE, acme.home, members=samples.MEMBERS)
    del members["spec"]["quota"]
    assert manager.create(members, dry_run=True)
    for obj in (
        placed(samples.CREATE, acme.home),
        placed(samples.CHANGE, acme.home, members=samples.MEMBERS),
        placed(samples.EXTEND, acme.home),
        placed(samples.TRANSFER, acme.home),
        placed(samples.DELETE, acme.home),
    ):
        with pytest.raises(errors.InvalidSpec, match="members only"):
            manager.create(obj, dry_run=True)
        assert acme.person("owner").create(obj, dry_run=True)


@pytest.mark.parametrize("purpose", ["production", "sandbox"])
def test_a_request_may_be_deleted_whatever_it_was_about(acme: places.Place, purpose: str) -> None:
    owner = acme.person("owner")
    stored = owner.create(placed(samples.CREATE, acme.home, purpose=purpose))
    assert owner.delete(ref_of(stored))


FORGED = [
    ({"annotations": {"state.govcloud.internal/phase": "done"}}, "belong to the operator"),
    ({"finalizers": ["govcloud.internal/mine"]}, "belong to the operator"),
    (
        {"ownerReferences": [{"apiVersion": labels.API_VERSION, "kind": "Department", "name": "bolt", "uid": "u"}]},
        "ownerReferences to govcloud.internal",
    ),
]


@pytest.mark.parametrize(("metadata", "message"), FORGED)
@pytest.mark.parametrize(
    "example", [samples.CREATE, samples.POLICY_EXEMPTION, samples.SERVICE_INSTANCE], ids=lambda e: e["kind"]
)
def test_operator_state_cannot_be_forged(acme: places.Place, example: Object, metadata: Object, message: str) -> None:
    obj = placed(example, place_of(acme, example))
    obj["metadata"] |= metadata
    with pytest.raises(errors.InvalidSpec, match=message):
        acme.person("owner").create(obj, dry_run=True)


def test_other_annotations_are_free(acme: places.Place) -> None:
    noted = placed(samples.CREATE, acme.home)
    noted["metadata"]["annotations"] = {"acme.example/ticket": "17"}
    assert acme.person("owner").create(noted, dry_run=True)


@pytest.fixture(scope="module")
def kept(admin: Cluster, operator_name: Cluster, acme: places.Place) -> Iterator[dict[str, str]]:
    """A stored object of every kind with a finalizer and an annotation of the operator; path by kind."""
    paths = {}
    for example in samples.ALL:
        if example["kind"] in paths:
            continue
        namespaced = "namespace" in example["metadata"]
        spec = {"requestedBy": labels.OPERATOR_USER} if "requestedBy" in example["spec"] else {}
        obj = placed(example, place_of(acme, example), **spec) if namespaced else example
        obj = changed(obj, put("metadata.name", "kept"))
        obj = changed(obj, put("spec.code", "kept")) if obj["kind"] == "Department" else obj
        finalizer = f"{labels.FINALIZER_PREFIX}{example['kind'].lower()}"
        marks = {"annotations": {"state.govcloud.internal/a": "b"}, "finalizers": [finalizer]}
        stored = operator_name.create(obj | {"metadata": obj["metadata"] | marks})
        plural = next(d.plural for d in DEFINITIONS if d.kind == obj["kind"])
        where = f"namespaces/{stored['metadata']['namespace']}/" if namespaced else ""
        paths[example["kind"]] = f"{OURS}/{where}{plural}/{stored['metadata']['name']}"
    yield paths
    for kind, path in paths.items():
        patch(operator_name, path, {"metadata": {"finalizers": None}})
        (admin if kind in samples.EVIDENCE else operator_name).raw("DELETE", path)


KINDS = sorted({example["kind"] for example in samples.ALL})


@pytest.mark.parametrize("kind", KINDS)
def test_not_even_an_admin_removes_the_operators_marks(kept: dict[str, str], admin: Cluster, kind: str) -> None:
    for metadata in ({"finalizers": None}, {"annotations": None}, {"annotations": {"state.govcloud.internal/a": "c"}}):
        with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
            patch(admin, f"{kept[kind]}?dryRun=All", {"metadata": metadata})
    patch(admin, f"{kept[kind]}?dryRun=All", {"metadata": {"annotations": {"a": "b"}}})


@pytest.mark.parametrize("kind", KINDS)
def test_status_is_the_operators(kept: dict[str, str], admin: Cluster, operator_name: Cluster, kind: str) -> None:
    path = f"{kept[kind]}/status?dryRun=All"
    with pytest.raises(errors.InvalidSpec, match="only the operator writes"):
        patch(admin, path, {"status": {"observedGeneration": 99}})
    patch(operator_name, path, {"status": {"observedGeneration": 99}})


@pytest.fixture(scope="module")
def platform(server: apiserver.ApiServer) -> Cluster:
    """Somebody who runs the platform."""
    return server.connect("pat", "platform:operator")


def test_an_environment_is_the_operators(acme: places.Place, admin: Cluster, operator_name: Cluster) -> None:
    obj = placed(samples.ENVIRONMENT, acme.home)
    assert operator_name.create(obj, dry_run=True)
    with pytest.raises(errors.InvalidSpec, match="only the operator writes"):
        admin.create(obj, dry_run=True)


@pytest.mark.parametrize("field", ["legalHold", "suspended"])
def test_the_platform_has_two_switches(kept: dict[str, str], admin: Cluster, platform: Cluster, field: str) -> None:
    for somebody in (admin, platform):
        for value in (True, False):
            patch(somebody, f"{kept['Environment']}?dryRun=All", {"spec": {field: value}})


@pytest.mark.parametrize(
    "spec",
    [
        {"quota": {"cpu": "64"}},
        {"expiresAt": None},
        {"expiresAt": "2040-01-01T00:00:00Z"},
        {"dataClass": "secret"},
        {"members": []},
        {"network": {"egress": "public"}},
        {"legalHold": True, "tierRef": "critical"},
        {"deletionPolicy": "Retain"},
        {"requestRef": {"name": "other"}},
        {"size": None},
    ],
    ids=str,
)
def test_the_platform_changes_nothing_else(
    kept: dict[str, str], admin: Cluster, platform: Cluster, spec: Object
) -> None:
    for somebody in (admin, platform):
        with pytest.raises(errors.InvalidSpec, match="people change only legalHold and suspended"):
            patch(somebody, f"{kept['Environment']}?dryRun=All", {"spec": spec})


def test_a_legal_hold_holds(kept: dict[str, str], admin: Cluster, platform: Cluster) -> None:
    path = kept["Environment"]
    patch(platform, path, {"spec": {"legalHold": True}})
    with pytest.raises(errors.InvalidSpec, match="under a legal hold"):
        admin.raw("DELETE", f"{path}?dryRun=All")
    patch(platform, path, {"spec": {"legalHold": False}})
    admin.raw("DELETE", f"{path}?dryRun=All")


@pytest.mark.parametrize("role", ["owner", "approver", "member-manager"])
def test_a_department_has_no_switch(kept: dict[str, str], acme: places.Place, role: str) -> None:
    with pytest.raises(errors.Forbidden):
        patch(acme.person(role), kept["Environment"], {"spec": {"suspended": True}})


FROZEN: list[Object] = [
    {"labels": {labels.DEPARTMENT: "bolt"}},
    {"labels": {labels.DEPARTMENT: None}},
    {"labels": {labels.ROLE: "home"}},
    {"labels": {f"{labels.EXEMPT_PREFIX}image-registry": "true"}},
    {"labels": {f"{labels.EXEMPT_PREFIX}ingress-hosts": "true"}},
    {"labels": {labels.PSA_ENFORCE: "privileged"}},
    {"labels": {labels.PSA_ENFORCE: None}},
    {"labels": {"pod-security.kubernetes.io/enforce-version": "v1.20"}},
    {"annotations": {labels.OWNER_UID: "me"}},
    {"annotations": {labels.INGRESS_HOSTS: "www.bolt.example"}},
    {"annotations": {labels.INGRESS_HOSTS: None}},
    {"ownerReferences": [{"apiVersion": "v1", "kind": "Namespace", "name": "default", "uid": "u"}]},
    {"ownerReferences": [{"apiVersion": labels.API_VERSION, "kind": "Department", "name": "bolt", "uid": "u"}]},
]


@pytest.mark.parametrize("path", ["", "/status"])
@pytest.mark.parametrize("metadata", FROZEN, ids=str)
def test_what_decides_isolation_is_frozen(acme: places.Place, admin: Cluster, path: str, metadata: Object) -> None:
    with pytest.raises(errors.InvalidSpec, match=r"operator|cannot be changed"):
        patch(admin, f"/api/v1/namespaces/{acme.work}{path}", {"metadata": metadata})


@pytest.mark.parametrize("metadata", [one for one in FROZEN if "ownerReferences" not in one], ids=str)
def test_the_finalize_path_is_closed_too(acme: places.Place, admin: Cluster, metadata: Object) -> None:
    live = admin.get(Ref("v1", "Namespace", acme.work))
    assert live is not None
    for part, values in metadata.items():
        merged = live["metadata"].get(part, {}) | values
        live["metadata"][part] = {key: value for key, value in merged.items() if value is not None}
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        admin.raw("PUT", f"/api/v1/namespaces/{acme.work}/finalize", live)


def test_other_labels_of_a_namespace_are_free(acme: places.Place, admin: Cluster) -> None:
    patch(admin, f"/api/v1/namespaces/{acme.work}", {"metadata": {"labels": {"team": "blue"}}})


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {labels.DEPARTMENT: "acme"}},
        {"labels": {f"{labels.EXEMPT_PREFIX}image-registry": "true"}},
        {"annotations": {labels.INGRESS_HOSTS: "www.bolt.example"}},
        {"ownerReferences": [{"apiVersion": labels.API_VERSION, "kind": "Department", "name": "bolt", "uid": "u"}]},
    ],
    ids=str,
)
def test_nobody_else_makes_a_departments_namespace(admin: Cluster, metadata: Object) -> None:
    forged = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "forged", **metadata}}
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        admin.create(forged, dry_run=True)


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
def test_policies_fail_closed(admin: Cluster, kind: str) -> None:
    found = admin.list("admissionregistration.k8s.io/v1", kind)
    assert found
    assert {policy["spec"]["failurePolicy"] for policy in found} == {"Fail"}


def test_policies_are_well_typed(admin: Cluster) -> None:
    """A policy whose CEL does not fit the kinds would refuse everything; a controller says so in its status."""

    def checked() -> list[Object] | None:
        found = admin.list("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy")
        return found if all("typeChecking" in (policy.get("status") or {}) for policy in found) else None

    found = tenancy.eventually(checked, "the policies are checked", seconds=60)
    assert "expressionWarnings" not in json.dumps(found)


def test_every_policy_is_bound(admin: Cluster) -> None:
    for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"):
        policies = {p["metadata"]["name"] for p in admin.list("admissionregistration.k8s.io/v1", kind)}
        bindings = admin.list("admissionregistration.k8s.io/v1", f"{kind}Binding")
        assert {binding["spec"]["policyName"] for binding in bindings} == policies
