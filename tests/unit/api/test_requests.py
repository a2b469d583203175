"""What a tenant's tools build and read."""

import dataclasses
from typing import Any

import pytest

from govcloud_api import errors, policy, requests
from govcloud_api.v1alpha1 import (
    Approval,
    Department,
    EnvironmentRequest,
    PolicyExemption,
    ServiceBinding,
    ServiceInstance,
)
from govcloud_api.v1alpha1.department import DepartmentSpec
from govcloud_api.v1alpha1.service_tier import Prices

WISH = requests.Wish(department="tax", product="portal", purpose="sandbox", why="try it")
QUOTA = {"cpu": "2", "memory": "4Gi", "storage": "20Gi", "pods": 30}
ANNA = {"kind": "User", "name": "anna", "role": "editor"}


def test_a_request_is_complete() -> None:
    built = requests.build_environment_request(WISH)
    assert built["metadata"] == {"generateName": "portal-sandbox-", "namespace": "dept-tax"}
    assert built["spec"] == {
        "type": "Create",
        "product": "portal",
        "purpose": "sandbox",
        "size": "small",
        "justification": {"why": "try it"},
    }
    named = built | {"metadata": {"name": "x"}}
    assert EnvironmentRequest.parse(named).spec.product == "portal"


def test_every_fault_is_named_at_once() -> None:
    wish = requests.Wish(department="tax", product="Portal", purpose="fun", why="", size="huge", lifetime_days=0)
    with pytest.raises(errors.InvalidSpec) as caught:
        requests.build_environment_request(wish)
    for word in ("product", "purpose", "size", "lifetimeDays", "why"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "spec"),
    [
        (
            {"type": "Change", "environment": "portal-dev", "size": "medium"},
            {"type": "Change", "environmentRef": "portal-dev", "size": "medium"},
        ),
        (
            {"type": "Change", "environment": "portal-dev", "quota": QUOTA, "hosts": [], "egress": "internal"},
            {
                "type": "Change", "environmentRef": "portal-dev", "quota": QUOTA,
                "network": {"ingressHosts": [], "egress": "internal"},
            },
        ),
        (
            {"type": "Change", "environment": "portal-dev", "members": [ANNA], "tier": "critical"},
            {"type": "Change", "environmentRef": "portal-dev", "members": [ANNA], "tierRef": "critical"},
        ),
        (
            {"type": "Extend", "environment": "portal-dev", "lifetime_days": 30, "tried": "hurry"},
            {"type": "Extend", "environmentRef": "portal-dev", "lifetimeDays": 30},
        ),
        (
            {"type": "Transfer", "environment": "portal-dev", "transfer_to": "civil"},
            {"type": "Transfer", "environmentRef": "portal-dev", "transferTo": "civil"},
        ),
        ({"type": "Delete", "environment": "portal-dev"}, {"type": "Delete", "environmentRef": "portal-dev"}),
    ],
    ids=lambda value: value.get("type", ""),
)  # fmt: skip
def test_every_type_of_request_says_only_what_was_said(changes: dict[str, Any], spec: dict[str, Any]) -> None:
    wish = requests.Wish(department="tax", why="more work", **changes)
    built = requests.build_environment_request(wish)
    reasons = {"why": "more work"} | ({"tried": wish.tried} if wish.tried else {})
    assert built["spec"] == spec | {"justification": reasons}
    assert built["metadata"] == {"generateName": f"portal-dev-{wish.type.lower()}-", "namespace": "dept-tax"}
    EnvironmentRequest.parse(built | {"metadata": {"name": "x"}})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ("product: is missing", "purpose: is missing")),
        ({"type": "Extend"}, ("environment: is missing", "lifetimeDays: is missing")),
        ({"type": "Transfer", "environment": "x", "department": "T"}, ("transferTo: is missing", "department: ")),
        ({"type": "Burn"}, ("type: ", "environment: is missing")),
        (
            {"product": "a", "purpose": "test", "quota": {"cpu": "lots", "pods": 0}},
            ("quota.cpu", "quota.memory", "pods"),
        ),
    ],
)
def test_what_a_type_cannot_do_without(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(errors.InvalidSpec) as caught:
        requests.build_environment_request(requests.Wish(**{"department": "tax", "why": "w", **changes}))
    for word in words:
        assert word in str(caught.value)


def checked_request(**status: Any) -> dict[str, Any]:
    metadata = {"name": "portal-prod-x7k2p", "namespace": "dept-tax", "uid": "u1"}
    spec = {"requestedBy": "anna"}
    return {
        "kind": "EnvironmentRequest",
        "metadata": metadata,
        "spec": spec,
        "status": {"specHash": f"sha256:{'0' * 64}"} | status,
    }


def test_a_decision_is_about_exactly_what_was_seen() -> None:
    word = requests.Word(verdict="Approve", role="approver", namespace="dept-tax")
    built = requests.build_approval(checked_request(), word)
    assert built["metadata"] == {"generateName": "portal-prod-x7k2p-", "namespace": "dept-tax"}
    assert built["spec"] == {
        "requestRef": {
            "kind": "EnvironmentRequest",
            "namespace": "dept-tax",
            "name": "portal-prod-x7k2p",
            "uid": "u1",
            "specHash": f"sha256:{'0' * 64}",
            "requestedBy": "anna",
        },
        "verdict": "Approve",
        "role": "approver",
    }
    Approval.parse(built | {"metadata": {"name": "x"}})


@pytest.mark.parametrize(
    ("status", "changes", "words"),
    [
        ({"specHash": None}, {}, ("was not checked yet",)),
        ({}, {"verdict": "Deny", "reason": "no"}, ("at least 10 characters",)),
        ({}, {"verdict": "Maybe", "role": "king"}, ("verdict", "role")),
    ],
)
def test_what_is_no_decision(status: dict[str, Any], changes: dict[str, str], words: tuple[str, ...]) -> None:
    word = requests.Word(**{"verdict": "Approve", "role": "approver", "namespace": "dept-tax", **changes})
    with pytest.raises(errors.InvalidSpec) as caught:
        requests.build_approval(checked_request(**status), word)
    for text in words:
        assert text in str(caught.value)


def test_an_exemption_names_rule_reason_and_end() -> None:
    wish = requests.Exemption(
        department="tax", environment="portal-dev", rule="image-registry", reason="the vendor's image",
        expires_at="2026-12-24T00:00:00Z",
    )  # fmt: skip
    built = requests.build_exemption(wish)
    assert built["metadata"] == {"generateName": "portal-dev-", "namespace": "dept-tax"}
    assert PolicyExemption.parse(built | {"metadata": {"name": "x"}}).spec.rule == "image-registry"
    with pytest.raises(errors.InvalidSpec, match=r"department.*rule.*reason"):
        requests.build_exemption(dataclasses.replace(wish, rule="all", reason="short", department="T"))


def test_an_order_says_only_what_was_said() -> None:
    order = requests.Order(namespace="tax-portal-dev", name="db", offering="postgresql", plan="small")
    assert requests.build_instance(order)["spec"] == {
        "offeringRef": "postgresql", "plan": "small", "deletionProtection": True,
    }  # fmt: skip
    more = dataclasses.replace(order, restore_instance="db0", backup_hour=3, version="15")
    built = requests.build_instance(more)
    assert built["spec"]["restoreFrom"] == {"instance": "db0"}
    assert built["spec"]["backup"] == {"hour": 3}
    assert ServiceInstance.parse(built).spec.version == "15"
    with pytest.raises(errors.InvalidSpec, match=r"name: .*plan: .*backup\.hour: "):
        requests.build_instance(dataclasses.replace(order, name="DB", plan="X L", backup_hour=99))


def test_access_for_people_needs_a_reason_and_ends() -> None:
    access = requests.Access(
        namespace="tax-portal-dev", instance="db", role="ro", ttl_seconds=14400, reason="look at it, once"
    )
    built = requests.build_binding(access)
    assert built["spec"] == {"instanceRef": "db", "role": "ro", "ttlSeconds": 14400, "reason": "look at it, once"}
    assert built["metadata"] == {"generateName": "db-", "namespace": "tax-portal-dev"}
    assert ServiceBinding.parse(built | {"metadata": {"name": "x"}}).spec.revoked is False
    with pytest.raises(errors.InvalidSpec, match=r"reason: .*role: "):
        requests.build_binding(dataclasses.replace(access, reason="hm", role="root"))


def test_names_that_are_made_fit() -> None:
    wish = requests.Wish(department="tax", why="w", type="Transfer", environment="e" * 63, transfer_to="civil")
    assert len(requests.build_environment_request(wish)["metadata"]["generateName"]) <= 57


def test_parse_names_kind_object_and_field() -> None:
    with pytest.raises(errors.InvalidSpec, match=r"Department tax: spec\.quota"):
        Department.parse({"metadata": {"name": "tax"}, "spec": {"code": "tax", "displayName": "Tax"}})


def test_numbers_are_quantities() -> None:
    spec = DepartmentSpec.model_validate(
        {"code": "tax", "displayName": "Tax", "quota": {"hard": {"cpu": 8, "memory": "1Gi", "storage": 0}}}
    )
    assert (spec.quota.hard.cpu, spec.quota.hard.storage) == ("8", "0")


def test_names_fit_a_namespace() -> None:
    for purpose in policy.PURPOSE_SHORT:
        assert len(policy.environment_namespace("c" * 20, "p" * 20, purpose)) <= 63


def test_price_of_a_share() -> None:
    prices = Prices(cpu_core_cents=1500, memory_gib_cents=200, storage_gib_cents=10)
    small = policy.SIZES["small"]
    share = policy.share(cpu=small.cpu, memory=small.memory, storage=small.storage)
    assert policy.monthly_cents(share, prices) == 1500 + 400 + 100
    assert policy.monthly_cents(policy.Share(), prices) == 0
