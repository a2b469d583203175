"""Observed request and rule results -> its status; phase and waiting-on are derived from the conditions. Pure."""

from __future__ import annotations

from typing import Any

from govcloud_api import conditions
from govcloud_api.conditions import Condition
from govcloud_api.v1alpha1 import Environment, environment_request
from govcloud_operators.environment_request import desired
from govcloud_operators.environment_request.observed import Observed

PolicyResult = environment_request.PolicyResult


def waiting(observed: Observed, results: list[PolicyResult]) -> dict[str, Any]:
    """Status of a request that has no Environment yet: granted by policy, or waiting and saying for what."""
    failing = [result for result in results if not result.pass_]
    checked = Condition(type="PolicyChecked", status="True", reason="Checked", message=_failing_text(failing))
    if not failing:
        approved = Condition(type="Approved", status="True", reason="ApprovedByPolicy", message="every rule passes")
        later = [_not_yet("Provisioned", "Creating"), _not_yet("Ready", "Creating")]
        return _status(observed, results, [checked, approved, *later], ("Approved", "the environment to be created"))
    only_person = [result.rule for result in failing] == ["auto-approval"]
    reason = "WaitingForApproval" if only_person else "RuleFailed"
    text = failing[0].message if only_person else _failing_text([r for r in failing if r.rule != "auto-approval"])
    approved = Condition(type="Approved", status="False", reason=reason, message=text)
    later = [_not_yet("Provisioned", reason), _not_yet("Ready", reason)]
    waiting_on = "an approver" if only_person else text
    return _status(observed, results, [checked, approved, *later], ("PolicyChecked", waiting_on))


def provisioned(observed: Observed, environment: Environment) -> dict[str, Any]:
    """Status while the Environment comes up: its state and errors are shown here, where the requester looks."""
    ready = conditions.find(environment.model_dump(by_alias=True), "Ready")
    is_ready = ready is not None and ready["status"] == "True"
    reason = "Waiting" if ready is None else str(ready["reason"])
    text = "the operator has not looked at it yet" if ready is None else str(ready["message"])
    found = [
        *_decided(),
        Condition(type="Provisioned", status="True", reason="Created", message=environment.metadata.name),
        Condition(type="Ready", status="True" if is_ready else "False", reason=reason, message=text),
    ]
    phase = ("Ready", "") if is_ready else ("Provisioning", text)
    body = _status(observed, list(observed.request.status.policy_results), found, phase)
    return body | {"environmentRef": {"name": environment.metadata.name, "uid": environment.metadata.uid}}


def closed(observed: Observed) -> dict[str, Any]:
    """Status after the Environment is gone: history, never served again."""
    gone = "the environment was given back or expired; ask anew if you need one"
    found = [
        *_decided(),
        Condition(type="Provisioned", status="False", reason="Gone", message=gone),
        Condition(type="Ready", status="False", reason="Gone", message=gone),
    ]
    body = _status(observed, list(observed.request.status.policy_results), found, ("Closed", ""))
    kept = observed.request.status.environment_ref
    return body | ({"environmentRef": kept.wire()} if kept else {})


def _decided() -> list[Condition]:
    return [
        Condition(type="PolicyChecked", status="True", reason="Checked"),
        Condition(type="Approved", status="True", reason="ApprovedByPolicy", message="every rule passes"),
    ]


def _not_yet(type_: str, reason: str) -> Condition:
    return Condition(type=type_, status="False", reason=reason)


def _failing_text(failing: list[PolicyResult]) -> str:
    return "; ".join(f"{result.rule}: {result.message}" for result in failing)


def _status(
    observed: Observed, results: list[PolicyResult], found: list[Condition], phase: tuple[str, str]
) -> dict[str, Any]:
    request = observed.request
    before = [condition.wire() for condition in request.status.conditions]
    generation = request.metadata.generation
    return {
        "phase": phase[0],
        "waitingOn": phase[1][:1000],
        "specHash": desired.spec_hash(request),
        "policyResults": [result.wire() for result in results],
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=observed.now),
    }
