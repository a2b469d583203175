"""Each constraint of each CRD: one case that is accepted, one that is refused, by the API server itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, ref_of
from support import tenancy

Change = Callable[[dict[str, Any]], Any]


def put(path: str, value: Any) -> Change:
    """Set a field of an object; numbers in the path are list indexes."""

    def change(obj: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        node: Any = obj
        for step in parents:
            node = node[int(step)] if step.isdigit() else node[step]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return change


def named(name: str) -> Change:
    """A Department with this name and code."""

    def change(obj: dict[str, Any]) -> None:
        obj["metadata"]["name"] = name
        obj["spec"]["code"] = name

    return change


DEPARTMENT_GOOD = [
    named("ab"),
    named("a" * 20),
    named("a-1"),
    put("spec.quota.hard.cpu", 8),
    put("spec.quota.hard.cpu", "500m"),
    put("spec.quota.hard.memory", "1.5Gi"),
    put("spec.subjects", []),
    put("spec.subjects.0.kind", "User"),
    *[
        put("spec.subjects.0.role", role)
        for role in ("owner", "approver", "finance", "auditor", "steward", "member-manager")
    ],
    put("spec.contacts", ["team@tax.example"] * 8),
    put("spec.costCentre", "c" * 40),
    put("spec.suspended", True),
    put("spec.displayName", "Ministère des Finances"),
]
DEPARTMENT_BAD = [
    named("a"),
    named("a" * 21),
    named("1tax"),
    named("tax-"),
    named("kube"),
    named("kube-x"),
    named("dept"),
    named("dept-x"),
    named("govcloud-x"),
    named("default"),
    put("metadata.name", "other"),
    put("spec.code", None),
    put("spec.displayName", None),
    put("spec.displayName", ""),
    put("spec.displayName", "x" * 121),
    put("spec.quota", None),
    put("spec.quota.hard.cpu", None),
    put("spec.quota.hard.cpu", "lots"),
    put("spec.quota.hard.cpu", -1),
    put("spec.quota.hard.cpu", "-1"),
    put("spec.quota.hard.memory", "1e9"),
    put("spec.quota.hard.storage", "9" * 21),
    put("spec.subjects", [{"kind": "Group", "name": "g", "role": "owner"}] * 65),
    put("spec.subjects.0.kind", "ServiceAccount"),
    put("spec.subjects.0.role", "root"),
    put("spec.subjects.0.name", ""),
    put("spec.subjects.0.name", "two words"),
    put("spec.subjects.0.name", "x" * 254),
    put("spec.contacts", ["a@b.example"] * 9),
    put("spec.contacts", ["x" * 254]),
    put("spec.costCentre", "c" * 41),
    put("spec.suspended", "yes"),
]
REQUEST_GOOD = [
    put("spec.product", "a"),
    put("spec.product", "a" * 20),
    *[put("spec.purpose", p) for p in ("production", "staging", "test", "development", "sandbox")],
    *[put("spec.size", s) for s in ("small", "medium", "large")],
    put("spec.size", None),
    put("spec.type", "Create"),
    put("spec.lifetimeDays", 1),
    put("spec.lifetimeDays", 365),
    put("spec.justification.why", "x" * 2000),
    put("metadata.name", "n" * 63),
]
REQUEST_BAD = [
    put("spec.product", None),
    put("spec.product", ""),
    put("spec.product", "a" * 21),
    put("spec.product", "Portal"),
    put("spec.product", "portal-"),
    put("spec.purpose", None),
    put("spec.purpose", "fun"),
    put("spec.size", "huge"),
    put("spec.type", "Delete"),
    put("spec.lifetimeDays", 0),
    put("spec.lifetimeDays", 366),
    put("spec.lifetimeDays", 1.5),
    put("spec.justification", None),
    put("spec.justification.why", ""),
    put("spec.justification.why", "x" * 2001),
    put("metadata.name", "n" * 64),
]
ENVIRONMENT_GOOD = [
    put("spec.expiresAt", "2030-01-01T00:00:00Z"),
    put("spec.quota.pods", 1000),
    put("spec.quota.cpu", 1),
]
ENVIRONMENT_BAD = [
    put("spec.departmentRef", "T"),
    put("spec.quota.pods", 0),
    put("spec.quota.pods", 1001),
    put("spec.quota.cpu", "many"),
    put("spec.expiresAt", "tomorrow"),
    put("spec.requestRef.uid", ""),
    put("spec.requestRef", None),
    put("spec.size", "huge"),
    put("spec.purpose", "fun"),
]


def environment(home: str) -> Object:
    spec = {
        "departmentRef": "tax",
        "product": "crd",
        "purpose": "sandbox",
        "size": "small",
        "quota": {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20},
        "requestRef": {"name": "r", "uid": "u"},
    }
    metadata = {"name": "crd-sandbox", "namespace": home}
    return {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}


def changed(obj: Object, change: Change) -> Object:
    copied = copy.deepcopy(obj)
    change(copied)
    return copied


@pytest.mark.parametrize("change", DEPARTMENT_GOOD)
def test_department_is_accepted(admin: Cluster, change: Change) -> None:
    assert admin.create(changed(tenancy.department("fine"), change), dry_run=True)["spec"]


@pytest.mark.parametrize("change", DEPARTMENT_BAD)
def test_department_is_refused(admin: Cluster, change: Change) -> None:
    with pytest.raises(errors.InvalidSpec):
        admin.create(changed(tenancy.department("fine"), change), dry_run=True)


@pytest.mark.parametrize("change", REQUEST_GOOD)
def test_request_is_accepted(admin: Cluster, change: Change) -> None:
    assert admin.create(changed(tenancy.request("default", "fine"), change), dry_run=True)["spec"]


@pytest.mark.parametrize("change", REQUEST_BAD)
def test_request_is_refused(admin: Cluster, change: Change) -> None:
    with pytest.raises(errors.InvalidSpec):
        admin.create(changed(tenancy.request("default", "fine"), change), dry_run=True)


@pytest.mark.parametrize("change", ENVIRONMENT_GOOD)
def test_environment_is_accepted(as_operator: Cluster, change: Change) -> None:
    assert as_operator.create(changed(environment("default"), change), dry_run=True)["spec"]


@pytest.mark.parametrize("change", ENVIRONMENT_BAD)
def test_environment_is_refused(as_operator: Cluster, change: Change) -> None:
    with pytest.raises(errors.InvalidSpec):
        as_operator.create(changed(environment("default"), change), dry_run=True)


def test_defaults_are_filled_in(admin: Cluster) -> None:
    spec = tenancy.request("default", "fine")
    del spec["spec"]["size"]
    stored = admin.create(spec, dry_run=True)["spec"]
    assert (stored["type"], stored["size"]) == ("Create", "small")


def test_a_request_never_changes(admin: Cluster) -> None:
    stored = admin.create(tenancy.request("default", "fixed"))
    stored["spec"]["size"] = "large"
    with pytest.raises(errors.InvalidSpec, match="cannot be changed"):
        admin.apply(_bare(stored), field_manager="test")
    admin.delete(ref_of(stored))


def test_a_code_never_changes(admin: Cluster) -> None:
    stored = admin.create(tenancy.department("fixed-code"))
    stored["spec"]["code"] = "other-code"
    with pytest.raises(errors.InvalidSpec, match="never changes"):
        admin.apply(_bare(stored), field_manager="test")
    admin.apply(_bare(tenancy.department("fixed-code", cpu="9")), field_manager="test")
    admin.delete(ref_of(stored))


def test_unknown_fields_are_not_stored(admin: Cluster) -> None:
    stored = admin.create(tenancy.request("default", "fine", surprise={"namespace": "kube-system"}), dry_run=True)
    assert "surprise" not in stored["spec"]


def test_columns_and_short_names_are_served(admin: Cluster) -> None:
    document = admin.raw("GET", f"/apis/{labels.API_VERSION}")
    for word in (b'"dept"', b'"envreq"', b'"env"', b'"govcloud"'):
        assert word in document


def _bare(obj: Object) -> Object:
    metadata = {key: obj["metadata"][key] for key in ("name", "namespace") if key in obj["metadata"]}
    return {"apiVersion": labels.API_VERSION, "kind": obj["kind"], "metadata": metadata, "spec": obj["spec"]}
