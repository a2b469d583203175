"""An exemption and what was decided about it -> its status. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from govcloud_api import conditions, decision, exemptions
from govcloud_api.conditions import Condition
from govcloud_api.decision import Outcome
from govcloud_api.v1alpha1 import PolicyExemption

DECIDED = frozenset({"Approved", "Denied"})
"""Reasons of the condition Approved that stay: a decision is made once."""


def status(exemption: PolicyExemption, outcome: Outcome | None, *, there: bool, now: datetime) -> dict[str, Any]:
    """The whole status. `outcome` None: decided before; `there`: its environment exists."""
    approved = _approved(exemption, outcome)
    expired = _expired(exemption, now)
    before = [condition.wire() for condition in exemption.status.conditions]
    generation = exemption.metadata.generation
    found = [approved, expired, _ready(exemption, approved, expired, there=there)]
    return {
        "specHash": decision.spec_hash(exemption.spec),
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=now),
    }


def is_decided(exemption: PolicyExemption) -> bool:
    """The platform has spoken."""
    return any(c.type == "Approved" and c.reason in DECIDED for c in exemption.status.conditions)


def _approved(exemption: PolicyExemption, outcome: Outcome | None) -> Condition:
    if outcome is None:
        kept = next(c for c in exemption.status.conditions if c.type == "Approved")
        return Condition(type="Approved", status=kept.status, reason=kept.reason, message=kept.message)
    if outcome.denial is not None:
        text = f"{outcome.denial.by}: {outcome.denial.reason}"
        return Condition(type="Approved", status="False", reason="Denied", message=text)
    if not exemption.spec.requested_by:
        text = "nobody is recorded as the requester; delete it and ask again"
        return Condition(type="Approved", status="False", reason="NobodyAsks", message=text)
    if outcome.complete:
        by = ", ".join(word.by for word in outcome.decisions)
        return Condition(type="Approved", status="True", reason="Approved", message=f"approved by {by}")
    text = "an approver of the platform has to decide"
    return Condition(type="Approved", status="False", reason="WaitingForApproval", message=text)


def _expired(exemption: PolicyExemption, now: datetime) -> Condition:
    if exemptions.is_over(exemption, now):
        text = f"it ended at {exemption.spec.expires_at}; ask for a new one if it is still needed"
        return Condition(type="Expired", status="True", reason="Expired", message=text)
    return Condition(type="Expired", status="False", reason="NotYet", message="")


def _ready(exemption: PolicyExemption, approved: Condition, expired: Condition, *, there: bool) -> Condition:
    if expired.status == "True":
        return Condition(type="Ready", status="False", reason="Expired", message=expired.message)
    if approved.status != "True":
        return Condition(type="Ready", status="False", reason=approved.reason, message=approved.message)
    if not there:
        text = f"there is no environment {exemption.spec.environment_ref} in this department"
        return Condition(type="Ready", status="False", reason="NoSuchEnvironment", message=text)
    return Condition(type="Ready", status="True", reason="Holds", message=f"until {exemption.spec.expires_at}")
