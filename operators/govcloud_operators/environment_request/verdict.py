"""Rules, automatic grant, people and deadline taken together: what becomes of a request now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from govcloud_api import conditions, decision, errors, workdays
from govcloud_api.rules import automatic, checks
from govcloud_api.rules.observed import Observed
from govcloud_api.v1alpha1 import ApprovalPolicy, EnvironmentRequest, environment_request
from govcloud_api.v1alpha1.work_calendar import WorkCalendarSpec

PolicyResult = environment_request.PolicyResult
Answer = Literal["blocked", "people", "granted", "denied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`blocked`: a rule fails; `people`: somebody must decide; both may become something else later."""

    answer: Answer
    results: tuple[PolicyResult, ...]
    reason: str
    """Word of the condition Approved, or of Denied."""
    message: str = ""
    policy: ApprovalPolicy | None = None
    seats: tuple[decision.Seat, ...] = ()
    outcome: decision.Outcome | None = None
    due: datetime | None = None
    """When the decision of people is late."""
    overdue: bool = False


def judge(observed: Observed) -> Verdict:
    """The same answer for the same look."""
    results, found = tuple(checks.evaluate(observed)), observed.policy
    failing = [one for one in results if not one.pass_]
    if found is None or observed.department is None:
        return Verdict(answer="blocked", results=results, reason="RuleFailed", message=_texts(failing))
    auto = automatic.verdict(observed, found)
    seats = () if auto.pass_ else decision.seats(found, observed.department, observed.receiver)
    if auto.pass_ and not failing:
        text = f"policy {found.metadata.name}: {auto.message}"
        return Verdict(
            answer="granted", results=(*results, auto), reason="ApprovedByPolicy", message=text, policy=found
        )
    due = _due(observed, found) if seats and not failing else None
    overdue = due is not None and observed.now >= due
    escalated = overdue and found.spec.on_overdue == "Escalate"
    asked = decision.about_request(observed.request, seats, escalated=escalated)
    outcome = decision.count(asked, observed.approvals)
    answer, reason, text = _answer(failing, outcome, found, seats=bool(seats), overdue=overdue)
    return Verdict(
        answer=answer,
        results=(*results, auto),
        reason=reason,
        message=text,
        policy=found,
        seats=(*seats, *((decision.platform_seat("approver"),) if escalated else ())),
        outcome=outcome,
        due=due,
        overdue=overdue,
    )


def waiting_since(request: EnvironmentRequest) -> datetime | None:
    """Since when people are waited for: then `Overdue` became False; None when they are not yet."""
    found = next((c for c in request.status.conditions if c.type == "Overdue" and c.status == "False"), None)
    return conditions.parse_timestamp(found.last_transition_time) if found else None


def _answer(
    failing: list[PolicyResult], outcome: decision.Outcome, found: ApprovalPolicy, *, seats: bool, overdue: bool
) -> tuple[Answer, str, str]:
    if outcome.denial is not None:
        return "denied", "DeniedByPerson", f"{outcome.denial.by} ({outcome.denial.role}): {outcome.denial.reason}"
    if failing:
        return "blocked", "RuleFailed", _texts(failing)
    if not seats:
        text = f"policy {found.metadata.name} grants it neither by itself nor by anybody; ask the platform team"
        return "blocked", "NobodyDecides", text
    if outcome.complete:
        people = ", ".join(f"{word.by} ({word.role})" for word in outcome.decisions)
        return "granted", "ApprovedByPeople", f"approved by {people}"
    if overdue and found.spec.on_overdue == "Deny":
        return "denied", "Overdue", "nobody decided in time, and the policy denies then; ask anew"
    return "people", "WaitingForApproval", ""


def _due(observed: Observed, found: ApprovalPolicy) -> datetime:
    """Once late it stays late, whatever the calendar says later. Without a usable calendar days are those of UTC."""
    status = observed.request.status
    if status.due and any(c.type == "Overdue" and c.status == "True" for c in status.conditions):
        return conditions.parse_timestamp(status.due)
    start = waiting_since(observed.request) or observed.now
    calendar = observed.calendar.spec if observed.calendar else WorkCalendarSpec()
    try:
        return workdays.due(calendar, start, found.spec.due_work_days)
    except errors.InvalidSpec:
        plain = calendar.model_copy(update={"time_zone": "UTC"})
        return workdays.due(plain, start, found.spec.due_work_days)


def _texts(failing: list[PolicyResult]) -> str:
    return "; ".join(f"{one.rule}: {one.message}" for one in failing)
