"""Observed request and verdict -> its status; phase and waiting-on are derived from the conditions. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from govcloud_api import conditions, decision
from govcloud_api.conditions import Condition
from govcloud_api.rules import price
from govcloud_api.rules.observed import Observed
from govcloud_api.v1alpha1 import Environment, EnvironmentRequest, environment_request
from govcloud_operators.environment_request.verdict import Verdict

GONE = "the environment is gone; ask anew if you need one"
GIVEN_BACK = "the environment was given back"
CHANGED_LATER = "a later request changed the environment"
MAX_MISSING = 5
MAX_SEATS = 6


def undecided(observed: Observed, verdict: Verdict) -> dict[str, Any]:
    """Status of a request that changed nothing yet: granted, refused, or waiting and saying for what."""
    phase, waiting_on = _phase(verdict)
    granted = verdict.answer == "granted"
    found = [
        Condition(type="PolicyChecked", status="True", reason="Checked", message=_failing(verdict)),
        Condition(
            type="Approved",
            status="True" if granted else "False",
            reason=verdict.reason,
            message=verdict.message or waiting_on,
        ),
        *_denied(verdict),
        *_overdue(verdict),
        Condition(type="Provisioned", status="False", reason="Applying" if granted else verdict.reason),
        Condition(type="Ready", status="False", reason="Applying" if granted else verdict.reason, message=waiting_on),
    ]
    body = _status(observed.request, found, observed.now, phase=phase, waiting_on=waiting_on)
    body["policyResults"] = [one.wire() for one in verdict.results]
    body["policy"] = verdict.policy.metadata.name if verdict.policy else None
    body["requiredApprovals"] = required(verdict)
    body["decisions"] = [word.wire() for word in verdict.outcome.decisions] if verdict.outcome else []
    body["due"] = conditions.timestamp(verdict.due) if verdict.due and verdict.answer == "people" else None
    estimate = price.estimate(observed)
    body["estimate"] = estimate.wire() if estimate else None
    return body | _about(observed)


def served(
    request: EnvironmentRequest, environment: Environment, now: datetime, *, waits_for: str = ""
) -> dict[str, Any]:
    """Status while the Environment takes on what was approved: its trouble is shown here, where people ask.

    `waits_for` says what else has to happen before it is Ready, empty when nothing does.
    """
    wire = environment.model_dump(by_alias=True)
    ready = conditions.find(wire, "Ready")
    is_ready = not waits_for and conditions.is_true(wire, "Ready")
    reason, text = _trouble(ready, waits_for, is_ready=is_ready)
    found = [
        *kept(request),
        Condition(type="Provisioned", status="True", reason="Applied", message=environment.metadata.name),
        Condition(type="Ready", status="True" if is_ready else "False", reason=reason, message=text),
    ]
    phase = "Ready" if is_ready else "Provisioning"
    body = _history(request, found, now, phase=phase, waiting_on="" if is_ready else text)
    return body | {"environmentRef": {"name": environment.metadata.name, "uid": environment.metadata.uid}}


def done(request: EnvironmentRequest, now: datetime) -> dict[str, Any]:
    """Status once a later request changed the environment again."""
    found = [
        *kept(request),
        Condition(type="Provisioned", status="True", reason="Applied", message=CHANGED_LATER),
        Condition(type="Ready", status="True", reason="Done", message=CHANGED_LATER),
    ]
    return _history(request, found, now, phase="Done", waiting_on="")


def closed(request: EnvironmentRequest, now: datetime) -> dict[str, Any]:
    """Status after the Environment is gone: history, never served again."""
    text = GIVEN_BACK if request.spec.type == "Delete" else GONE
    found = [
        *kept(request),
        Condition(type="Provisioned", status="False", reason="Gone", message=text),
        Condition(type="Ready", status="False", reason="Gone", message=text),
    ]
    return _history(request, found, now, phase="Closed", waiting_on="")


def refused(body: dict[str, Any], request: EnvironmentRequest, text: str, now: datetime) -> dict[str, Any]:
    """`body` with what the API server said when it refused to apply what was approved."""
    before = [condition.wire() for condition in request.status.conditions]
    found = [_condition(one) for one in body["conditions"] if one["type"] not in ("Provisioned", "Ready")]
    found += [
        Condition(type="Provisioned", status="False", reason="Refused", message=text),
        Condition(type="Ready", status="False", reason="Refused", message=text),
    ]
    generation = request.metadata.generation
    merged = conditions.merge(before, found, generation=generation, now=now)
    return body | {"waitingOn": text[:1000], "conditions": merged}


def required(verdict: Verdict) -> list[dict[str, Any]]:
    """Whose word is still needed; the last seat is the platform's when people are late."""
    missing = list(verdict.outcome.missing) if verdict.outcome else []
    missing += [min(MAX_MISSING, sum(missing))] * (len(verdict.seats) - len(missing))
    rows = [
        environment_request.RequiredApproval(
            role=seat.role, scope=seat.scope, department=seat.department, namespace=seat.namespace, missing=left
        ).wire()
        for seat, left in zip(verdict.seats, missing, strict=True)
    ]
    return rows[-MAX_SEATS:]


def _phase(verdict: Verdict) -> tuple[str, str]:
    match verdict.answer:
        case "granted":
            return "Approved", "the environment to take it on"
        case "denied":
            return "Denied", ""
        case "people":
            return "PolicyChecked", _people(verdict)
        case "blocked":
            return "PolicyChecked", verdict.message


def _people(verdict: Verdict) -> str:
    """`an approver of tax, 2 finance of tax`; late ones say so."""
    missing = verdict.outcome.missing if verdict.outcome else ()
    texts = [_seat(seat, left) for seat, left in zip(verdict.seats, missing, strict=False) if left]
    late = "; this is overdue, and an approver of the platform may decide as well" if verdict.overdue else ""
    return f"{', '.join(texts)}{late}"


def _seat(seat: decision.Seat, left: int) -> str:
    article = "an" if seat.role[0] in "aeiou" else "a"
    who = f"{left} people as {seat.role}" if left > 1 else f"{article} {seat.role}"
    return f"{who} of {seat.department or 'the platform'}"


def _denied(verdict: Verdict) -> list[Condition]:
    if verdict.answer != "denied":
        return []
    return [Condition(type="Denied", status="True", reason=verdict.reason, message=verdict.message)]


def _overdue(verdict: Verdict) -> list[Condition]:
    """Only while people are waited for: when it became False is when the waiting began."""
    if verdict.answer != "people" or verdict.due is None:
        return []
    if not verdict.overdue:
        return [Condition(type="Overdue", status="False", reason="NotDue")]
    text = f"a decision was due at {conditions.timestamp(verdict.due)}"
    return [Condition(type="Overdue", status="True", reason="Escalated", message=text)]


def _trouble(ready: dict[str, Any] | None, waits_for: str, *, is_ready: bool) -> tuple[str, str]:
    if ready is None or (ready["status"] == "True" and not is_ready):
        return "Waiting", waits_for or "the operator has not looked at it yet"
    return str(ready["reason"]), str(ready["message"])


def _failing(verdict: Verdict) -> str:
    return "; ".join(f"{one.rule}: {one.message}" for one in verdict.results if not one.pass_)


def _about(observed: Observed) -> dict[str, Any]:
    """A request is about the environment that it found first; a successor of the same name is another one."""
    found = observed.environment
    if observed.request.spec.type == "Create" or found is None:
        return {}
    return {"environmentRef": {"name": found.metadata.name, "uid": found.metadata.uid}}


def kept(request: EnvironmentRequest) -> list[Condition]:
    """What was decided stays written; of a status that got lost only that it was."""
    types = ("PolicyChecked", "Approved")
    found = [condition for condition in request.status.conditions if condition.type in types]
    if {"PolicyChecked", "Approved"} <= {c.type for c in found if c.status == "True"}:
        return [_condition(condition.wire()) for condition in found]
    return [
        Condition(type="PolicyChecked", status="True", reason="Checked"),
        Condition(type="Approved", status="True", reason="Approved"),
    ]


def _condition(wire: dict[str, Any]) -> Condition:
    return Condition(type=wire["type"], status=wire["status"], reason=wire["reason"], message=wire["message"])


def _history(
    request: EnvironmentRequest, found: list[Condition], now: datetime, *, phase: str, waiting_on: str
) -> dict[str, Any]:
    """The status that was there, further on."""
    return request.status.wire() | _status(request, found, now, phase=phase, waiting_on=waiting_on)


def _status(
    request: EnvironmentRequest, found: list[Condition], now: datetime, *, phase: str, waiting_on: str
) -> dict[str, Any]:
    before = [condition.wire() for condition in request.status.conditions]
    generation = request.metadata.generation
    return {
        "phase": phase,
        "waitingOn": waiting_on[:1000],
        "specHash": decision.spec_hash(request.spec),
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=now),
    }
