"""What people read about an object: phase, what it waits for, problems and what to do."""

from typing import Any

import pytest

from govcloud_api import requests, summaries


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
    assert [problem.partition(";")[0] for problem in summary.problems] == ([f"{type_}: m"] if is_problem else [])


def condition(type_: str, status: str, reason: str = "R", message: str = "m") -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": reason, "message": message, "observedGeneration": 1}


def obj(kind: str, *found: dict[str, Any], spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "tax-portal-dev", "generation": 1}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": {"conditions": list(found)} | status}


def test_a_problem_says_what_to_do() -> None:
    found = obj("Environment", condition("Expiring", "True", message="ends in 5 days"))
    assert summaries.summarize(found).problems == (
        "Expiring: ends in 5 days; extend it (govcloud env extend) or let it go",
    )


def test_issues_of_an_environment_are_problems_with_their_fix() -> None:
    issue = {"code": "A", "severity": "error", "object": "Pod web", "message": "crashes", "fix": "read its log"}
    found = obj("Environment", condition("Ready", "True"), issues=[issue], namespace="tax-portal-dev")
    summary = summaries.summarize(found)
    assert summary.problems == ("Pod web: crashes; read its log",)
    assert (summary.ready, summary.waiting_on, summary.namespace) == (True, "", "tax-portal-dev")


def test_a_request_that_waits_for_people_has_no_problem_but_a_late_one_has() -> None:
    steps = [condition("PolicyChecked", "True"), condition("Approved", "False"), condition("Ready", "False")]
    assert summaries.summarize(obj("EnvironmentRequest", *steps)).problems == ()
    late = summaries.summarize(obj("EnvironmentRequest", *steps, condition("Overdue", "True", message="since Monday")))
    assert late.problems == ("Overdue: since Monday; remind those who decide; the platform may decide as well",)


@pytest.mark.parametrize(
    ("kind", "found", "phase", "ready", "problems"),
    [
        ("ServiceInstance", [condition("Ready", "False", "Starting", "the pod starts")], "Starting", False, 0),
        ("ServiceInstance", [condition("Ready", "True", "Ready"), condition("BackedUp", "False")], "Ready", True, 1),
        ("ServiceInstance", [], "Pending", False, 0),
        ("PolicyExemption", [condition("Ready", "True", "Granted")], "Granted", True, 0),
        ("Approval", [condition("Valid", "True", "Counted")], "Counted", True, 0),
        ("Approval", [condition("Valid", "False", "StaleHash")], "StaleHash", False, 1),
        ("Approval", [], "Pending", False, 0),
        ("ServiceBinding", [condition("Ready", "True", "Issued")], "Issued", True, 0),
    ],
)
def test_every_kind_has_its_words(
    kind: str, found: list[dict[str, Any]], phase: str, ready: bool, problems: int
) -> None:
    summary = summaries.summarize(obj(kind, *found))
    assert (summary.phase, summary.ready, len(summary.problems)) == (phase, ready, problems)
    assert (summary.waiting_on == "") == (ready or bool(problems))


@pytest.mark.parametrize("reason", ["StaleHash", "NotAuthorised", "SelfApproval", "AlreadyDecided", "WrongPlace"])
def test_a_decision_that_does_not_count_says_why(reason: str) -> None:
    [problem] = summaries.summarize(obj("Approval", condition("Valid", "False", reason, "said so"))).problems
    assert problem.startswith("it does not count: said so; ")
    assert len(problem) > 50


def test_credentials_that_end_as_asked_are_no_problem_but_an_upgrade_is_told() -> None:
    ending = condition("Expiring", "True")
    assert summaries.summarize(obj("ServiceBinding", condition("Ready", "True"), ending)).problems == ()
    pending = condition("UpgradePending", "True", message="15.2 is to come")
    [told] = summaries.summarize(obj("ServiceInstance", condition("Ready", "True"), pending)).problems
    assert told == "UpgradePending: 15.2 is to come; it is done in the maintenance window"


def test_a_revoked_binding_is_over() -> None:
    summary = summaries.summarize(obj("ServiceBinding", condition("Ready", "True"), spec={"revoked": True}))
    assert (summary.phase, summary.ready) == ("Revoked", False)
