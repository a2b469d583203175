"""What was observed of a Department -> its status. Pure."""

from __future__ import annotations

from typing import Any

from govcloud_api import conditions, policy
from govcloud_api.conditions import Condition
from govcloud_operators import isolation
from govcloud_operators.department import checks, desired
from govcloud_operators.department.observed import Observed


def status(observed: Observed, *, pending: str) -> dict[str, Any]:
    """The whole status in wire form; `pending` says what is still missing, empty when nothing is."""
    department = observed.department
    given, ceiling = policy.allocated(observed.environments), policy.hard(department)
    parts = [_home(observed), _quota(observed), _access(pending)]
    found = [*parts, *_abnormal(observed), _ready(observed, parts)]
    before = [condition.wire() for condition in department.status.conditions]
    generation = department.metadata.generation
    return {
        "homeNamespace": desired.home(department),
        "environments": len(observed.environments),
        "quota": {"hard": ceiling.wire(), "allocated": given.wire()},
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=observed.now),
    }


def _home(observed: Observed) -> Condition:
    name = desired.home(observed.department)
    if observed.home is None:
        return Condition(type="NamespaceReady", status="False", reason="Missing", message=f"{name} is not there yet")
    if not isolation.is_owned(observed.home, observed.department.metadata.uid):
        text = f"namespace {name} exists and was not made for this department; remove it or choose another code"
        return Condition(type="NamespaceReady", status="False", reason="NamespaceTaken", message=text)
    if isolation.is_going(observed.home):
        text = f"namespace {name} is being deleted; it is made again afterwards"
        return Condition(type="NamespaceReady", status="False", reason="Terminating", message=text)
    return Condition(type="NamespaceReady", status="True", reason="Exists")


def _quota(observed: Observed) -> Condition:
    if isolation.is_enforced(observed.quota):
        return Condition(type="QuotaEnforced", status="True", reason="Counted")
    text = "the cluster does not count this namespace's objects yet; requests are refused until it does"
    return Condition(type="QuotaEnforced", status="False", reason="NotCounted", message=text)


def _access(pending: str) -> Condition:
    if pending:
        return Condition(type="AccessReady", status="False", reason="Waiting", message=pending)
    return Condition(type="AccessReady", status="True", reason="Bound")


def _abnormal(observed: Observed) -> list[Condition]:
    department = observed.department
    empty = checks.exhausted(policy.allocated(observed.environments), policy.hard(department))
    exhausted = Condition(
        type="QuotaExhausted",
        status="True" if empty else "False",
        reason="NothingLeft" if empty else "Free",
        message=f"all {', '.join(empty)} is given out" if empty else "",
    )
    suspended = Condition(
        type="Suspended",
        status="True" if department.spec.suspended else "False",
        reason="SuspendedByPlatform" if department.spec.suspended else "Active",
        message="no new environments" if department.spec.suspended else "",
    )
    return [exhausted, suspended]


def _ready(observed: Observed, parts: list[Condition]) -> Condition:
    if observed.department.metadata.deletion_timestamp:
        count = len(observed.environments)
        text = f"waits for {count} environments to be given back" if count else "the home namespace is being deleted"
        return Condition(type="Ready", status="False", reason="Deleting", message=text)
    for part in parts:
        if part.status != "True":
            return Condition(type="Ready", status="False", reason=part.reason, message=part.message)
    return Condition(type="Ready", status="True", reason="Ready")
