"""What a tenant's tools build and read."""

import pytest

from govcloud_api import errors, policy, requests
from govcloud_api.v1alpha1 import Department, EnvironmentRequest
from govcloud_api.v1alpha1.department import DepartmentSpec

WISH = requests.Wish(department="tax", product="portal", purpose="sandbox", why="try it")


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


def test_a_failing_rule_is_a_problem_and_says_how_to_pass() -> None:
    status = {
        "phase": "PolicyChecked",
        "waitingOn": "quota: too much",
        "policyResults": [
            {"rule": "quota", "pass": False, "message": "choose a smaller size", "measured": "9 of 8"},
            {"rule": "lifetime", "pass": True, "message": "fine", "measured": "30 days"},
        ],
    }
    summary = requests.summarize_request({"metadata": {"generation": 1}, "status": status})
    assert summary.problems == ("quota: choose a smaller size",)
    assert summary.waiting_on == "quota: too much"
    assert not summary.ready


def test_an_unseen_request_waits_for_the_operator() -> None:
    summary = requests.summarize_request({"metadata": {}})
    assert (summary.phase, summary.waiting_on) == ("Pending", "the operator, which has not seen it yet")


@pytest.mark.parametrize(
    ("type_", "status", "is_problem"),
    [
        ("NetworkIsolated", "False", True),
        ("NetworkIsolated", "True", False),
        ("Expiring", "True", True),
        ("Expiring", "False", False),
    ],
)
def test_problems_of_an_environment(type_: str, status: str, is_problem: bool) -> None:
    condition = {"type": type_, "status": status, "reason": "R", "message": "m", "observedGeneration": 1}
    summary = requests.summarize_environment({"metadata": {}, "status": {"conditions": [condition]}})
    assert summary.problems == ((f"{type_}: m",) if is_problem else ())


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
    small = policy.SIZES["small"]
    share = policy.share(cpu=small.cpu, memory=small.memory, storage=small.storage)
    assert policy.monthly_cents(share, policy.PriceList()) == 1500 + 400 + 100
    assert policy.monthly_cents(policy.Share(), policy.PriceList()) == 0
