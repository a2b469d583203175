"""Admission policies as texts: what they spell out is what the code calls it, and none of them fails open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api import labels

FOLDER = Path(__file__).parents[3] / "operators" / "deploy" / "admission"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS = [obj for file in FILES for obj in yaml.safe_load_all(file.read_text())]
POLICIES = [obj for obj in OBJECTS if obj["kind"].endswith("Policy")]
TEXT = "\n".join(file.read_text() for file in FILES)
USERS = {
    labels.OPERATOR_USER,
    f"system:serviceaccount:{labels.TENANTS_NAMESPACE}:",
    labels.tenant_user(""),
    "system:serviceaccount:kube-system:",
    "system:serviceaccount:kube-system:daemon-set-controller",
    "system:serviceaccount:govcloud-",
    "system:serviceaccount:local-path-storage:",
}
NAMES = {
    labels.DEPARTMENT,
    labels.ROLE,
    labels.SERVICE,
    labels.BINDING,
    labels.TIER,
    f"{labels.EXEMPT_PREFIX}image-registry",
    f"{labels.EXEMPT_PREFIX}ingress-hosts",
}
LONGEST_MESSAGE_CHARS = 160


def name(obj: dict[str, Any]) -> str:
    return str(obj["metadata"]["name"])


@pytest.mark.parametrize("policy", POLICIES, ids=name)
def test_a_policy_fails_closed_and_is_bound(policy: dict[str, Any]) -> None:
    assert policy["spec"]["failurePolicy"] == "Fail"
    bindings = [obj for obj in OBJECTS if obj["kind"] == f"{policy['kind']}Binding"]
    mine = [binding["spec"] for binding in bindings if binding["spec"]["policyName"] == name(policy)]
    assert len(mine) == 1
    if policy["kind"] == "ValidatingAdmissionPolicy":
        assert mine[0]["validationActions"] in (["Deny"], ["Warn"])
    assert "matchResources" not in mine[0], "a binding that narrows a policy hides a hole"


@pytest.mark.parametrize("policy", [p for p in POLICIES if "validations" in p["spec"]], ids=name)
def test_every_refusal_says_why(policy: dict[str, Any]) -> None:
    for validation in policy["spec"]["validations"]:
        message = validation.get("message", validation.get("messageExpression", ""))
        assert message, validation["expression"]
        assert "message" not in validation or len(message) <= LONGEST_MESSAGE_CHARS, message


def test_users_are_spelled_as_in_the_code() -> None:
    found = set(re.findall(r"system:serviceaccount:[a-z:-]*", TEXT))
    assert found == USERS


def test_names_are_spelled_as_in_the_code() -> None:
    keys = set(re.findall(r"'(govcloud\.internal/[a-z-]+)'|key: (govcloud\.internal/[a-z-]+)", TEXT))
    assert {first or second for first, second in keys} <= NAMES
    assert f"'{labels.INGRESS_HOSTS}'" in TEXT
    assert f"'{labels.OWNER_UID}'" in TEXT
    assert f"'.{labels.APPS_DOMAIN}'" in TEXT
    assert f"startsWith('{labels.REGISTRY}/')" in TEXT
    assert f"'^(data-)?{labels.CHILD_PREFIX}'" in TEXT
    assert f"startsWith('{labels.STATE_PREFIX}')" in TEXT
    assert f"startsWith('{labels.FINALIZER_PREFIX}')" in TEXT


def test_only_templates_are_merely_warned_about() -> None:
    """Their pods are refused by the policy beside it."""
    warned = [name(obj) for obj in OBJECTS if obj["spec"].get("validationActions") == ["Warn"]]
    assert warned == ["image-registry-templates.govcloud.internal"]
