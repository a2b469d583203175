"""Whose word decides about a request, and which words count. Pure; the same answer for every room that asks.

A `Seat` is one requirement of an ApprovalPolicy with the people who may fill it. Admission stamps who decided; here it
is judged whether that person may.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from govcloud_api import labels
from govcloud_api.v1alpha1 import (
    Approval,
    ApprovalPolicy,
    EnvironmentRequest,
    PolicyExemption,
    environment_request,
    model,
)
from govcloud_api.v1alpha1.approval_policy import RequestType, Requirement, Scope
from govcloud_api.v1alpha1.department import Department, Subject

Reason = Literal[
    "Counted", "StaleHash", "NotAuthorised", "SelfApproval", "AlreadyDecided", "WrongPlace", "NoSuchRequest"
]
PLATFORM_PREFIX = "platform:"
"""Groups of the platform's own people: `platform:approver`, `platform:finance` …"""
MACHINE_PREFIX = "system:"
"""Service accounts and the cluster itself; a decision needs a person."""

Decision = environment_request.Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """`count` different people of one role, who write in `namespace`."""

    role: model.Role
    scope: Scope
    department: str
    namespace: str
    count: int = 1
    people: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is decided about, exactly as it is now."""

    kind: str
    namespace: str
    name: str
    uid: str
    spec_hash: str
    requested_by: str
    seats: tuple[Seat, ...]
    escalated: bool = False
    """An approver of the platform may fill any seat."""
    closed: bool = False
    """Decided: only what is in `recorded` counted."""
    recorded: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether one Approval counted, and why."""

    reason: Reason
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All Approvals of one question taken together."""

    judgements: dict[str, Judgement]
    """By NAMESPACE/NAME of the Approval."""
    decisions: tuple[Decision, ...]
    missing: tuple[int, ...]
    """How many people each seat still needs, in the order of the seats."""

    @property
    def denial(self) -> Decision | None:
        """The word that ended it."""
        return next((decision for decision in self.decisions if decision.verdict == "Deny"), None)

    @property
    def complete(self) -> bool:
        """Everybody who must agree did, and nobody said no."""
        return self.denial is None and not any(self.missing)


def spec_hash(spec: model.Model) -> str:
    """`sha256:` and the hash of the spec in canonical JSON (sorted keys, no spaces): what a decision is bound to."""
    canonical = json.dumps(spec.wire(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def select(
    policies: Iterable[ApprovalPolicy], type_: RequestType, purpose: str, data_class: str
) -> ApprovalPolicy | None:
    """The policy that decides: of those that match the highest priority, of equals the first by name."""
    matching = [found for found in policies if _matches(found, type_, purpose, data_class)]
    return min(matching, key=lambda found: (-found.spec.priority, found.metadata.name), default=None)


def platform_seat(role: model.Role, count: int = 1) -> Seat:
    """People of the platform."""
    group = Subject(kind="Group", name=f"{PLATFORM_PREFIX}{role}", role=role)
    return Seat(
        role=role, scope="platform", department="", namespace=labels.APPROVALS_NAMESPACE, count=count, people=(group,)
    )


def department_seat(role: model.Role, scope: Scope, of: Department, count: int = 1) -> Seat:
    """People of a department, who write in its home."""
    people = tuple(person for person in of.spec.subjects if person.role == role)
    home = labels.home_namespace(of.spec.code)
    return Seat(role=role, scope=scope, department=of.spec.code, namespace=home, count=count, people=people)


def seats(policy: ApprovalPolicy, requester: Department, receiver: Department | None) -> tuple[Seat, ...]:
    """The requirements of a policy, with people. Without a receiver its seats stay empty: nobody can fill them."""
    required = policy.spec.require or [Requirement(role="approver", scope="platform")]
    return tuple(_seat(wanted.role, wanted.scope, wanted.count, requester, receiver) for wanted in required)


def about_request(request: EnvironmentRequest, seats_: tuple[Seat, ...], *, escalated: bool = False) -> Question:
    """A request as it is now, with what was decided already."""
    metadata, status = request.metadata, request.status
    decided = any(c.status == "True" and c.type in ("Approved", "Denied") for c in status.conditions)
    return Question(
        kind="EnvironmentRequest",
        namespace=metadata.namespace or "",
        name=metadata.name,
        uid=metadata.uid,
        spec_hash=spec_hash(request.spec),
        requested_by=request.spec.requested_by or "",
        seats=seats_,
        escalated=escalated,
        closed=decided and status.phase in _APPLIED,
        recorded=tuple(status.decisions),
    )


def about_exemption(exemption: PolicyExemption) -> Question:
    """An exemption, which an approver of the platform decides about."""
    metadata = exemption.metadata
    return Question(
        kind="PolicyExemption",
        namespace=metadata.namespace or "",
        name=metadata.name,
        uid=metadata.uid,
        spec_hash=spec_hash(exemption.spec),
        requested_by=exemption.spec.requested_by or "",
        seats=(platform_seat("approver"),),
    )


def key(approval: Approval) -> str:
    """NAMESPACE/NAME."""
    return f"{approval.metadata.namespace}/{approval.metadata.name}"


def is_about(approval: Approval, question: Question) -> bool:
    """Does it name this request, in whichever version?"""
    asked = approval.spec.request_ref
    return (asked.kind, asked.namespace, asked.name) == (question.kind, question.namespace, question.name)


def count(question: Question, approvals: Iterable[Approval]) -> Outcome:
    """Judge all Approvals about a question: denials first, then in the order in which they were written."""
    about = [approval for approval in approvals if is_about(approval, question)]
    ordered = sorted(about, key=lambda a: (a.spec.verdict != "Deny", a.metadata.creation_timestamp or "", key(a)))
    if question.closed:
        judged = {key(approval): _after(question, approval) for approval in ordered}
        return Outcome(judgements=judged, decisions=question.recorded, missing=(0,) * len(question.seats))
    table = _Table(question)
    judged = {key(approval): table.judge(approval) for approval in ordered}
    return Outcome(judgements=judged, decisions=tuple(table.decisions), missing=tuple(table.missing))


def refusal(question: Question, approval: Approval) -> Judgement | None:
    """Why this Approval cannot count whatever others say; None when it can."""
    spec = approval.spec
    if stale := _stale(question, approval):
        return stale
    places = [seat for seat in _open_seats(question) if seat.role == spec.role]
    here = [seat for seat in places if seat.namespace == approval.metadata.namespace]
    if places and not here:
        text = f"a decision as {spec.role} belongs into namespace {' or '.join(sorted({s.namespace for s in places}))}"
        return Judgement(reason="WrongPlace", message=text)
    who = spec.decided_by or ""
    if who and who == question.requested_by:
        return Judgement(reason="SelfApproval", message=f"{who} asked for it; somebody else must decide")
    if not here:
        wanted = ", ".join(sorted({seat.role for seat in question.seats})) or "nobody"
        return Judgement(reason="NotAuthorised", message=f"no {spec.role} is asked here, but: {wanted}")
    if not any(_sits(seat, who, spec.decided_by_groups) for seat in here):
        whose = here[0].department or "the platform"
        text = f"{who or 'nobody'} is not {spec.role} of {whose}; the platform team writes down who is"
        return Judgement(reason="NotAuthorised", message=text)
    return None


class _Table:
    """Seats that fill while Approvals are judged one after another."""

    def __init__(self, question: Question) -> None:
        self.decisions: list[Decision] = []
        self.missing = [seat.count for seat in question.seats]
        self._question = question
        self._people: set[str] = set()

    def judge(self, approval: Approval) -> Judgement:
        """The next one; fills a seat when it counts."""
        refused = refusal(self._question, approval)
        if refused is not None:
            return refused
        who = approval.spec.decided_by or ""
        if who in self._people:
            return Judgement(reason="AlreadyDecided", message=f"{who} decided already; each person counts once")
        if approval.spec.verdict == "Approve" and not self._fill(approval):
            return Judgement(reason="AlreadyDecided", message="others decided already; this word is not needed")
        self._people.add(who)
        self.decisions.append(_decision(approval))
        return Judgement(reason="Counted")

    def _fill(self, approval: Approval) -> bool:
        """Take a place of the own role, or of any when the platform decides for those who are late."""
        own = [n for n, seat in enumerate(self._question.seats) if _takes(seat, approval)]
        late = range(len(self.missing)) if self._question.escalated and _takes(_ESCALATION, approval) else ()
        for number in [*own, *late]:
            if self.missing[number]:
                self.missing[number] -= 1
                return True
        return False


def _after(question: Question, approval: Approval) -> Judgement:
    """Judged after the decision: what was counted then stays counted."""
    word = _decision(approval)
    if word in question.recorded:
        return Judgement(reason="Counted")
    text = "the request was decided before"
    return _stale(question, approval) or Judgement(reason="AlreadyDecided", message=text)


def _stale(question: Question, approval: Approval) -> Judgement | None:
    asked = approval.spec.request_ref
    if (asked.uid, asked.spec_hash) == (question.uid, question.spec_hash):
        return None
    text = "the request is not the one that was shown: it was written anew; look at it again and decide again"
    return Judgement(reason="StaleHash", message=text)


def _decision(approval: Approval) -> Decision:
    spec = approval.spec
    return Decision(
        role=spec.role,
        by=spec.decided_by or "",
        verdict=spec.verdict,
        reason=spec.reason,
        at=approval.metadata.creation_timestamp or "",
        approval=key(approval),
    )


def _takes(seat: Seat, approval: Approval) -> bool:
    """Written as this role, in this place, by somebody who may."""
    spec = approval.spec
    fits = (seat.role, seat.namespace) == (spec.role, approval.metadata.namespace)
    return fits and _sits(seat, spec.decided_by, spec.decided_by_groups)


def _open_seats(question: Question) -> Sequence[Seat]:
    return (*question.seats, _ESCALATION) if question.escalated else question.seats


def _sits(seat: Seat, who: str | None, groups: Sequence[str]) -> bool:
    if not who or who.startswith(MACHINE_PREFIX):
        return False
    return any(person.name == who if person.kind == "User" else person.name in groups for person in seat.people)


def _seat(
    role: model.Role,
    scope: Scope,
    count_: int,
    requester: Department,
    receiver: Department | None,
) -> Seat:
    if scope == "platform":
        return platform_seat(role, count_)
    of = requester if scope == "requester" else receiver
    if of is None:
        return Seat(role=role, scope=scope, department="", namespace=labels.APPROVALS_NAMESPACE, count=count_)
    return department_seat(role, scope, of, count_)


def _matches(found: ApprovalPolicy, type_: str, purpose: str, data_class: str) -> bool:
    match = found.spec.match
    wanted: tuple[tuple[Sequence[str], str], ...] = (
        (match.types, type_),
        (match.purposes, purpose),
        (match.data_classes, data_class),
    )
    return all(not allowed or value in allowed for allowed, value in wanted)


_ESCALATION = platform_seat("approver")
_APPLIED = frozenset({"Provisioning", "Ready", "Done", "Denied", "Closed"})
"""Phases after which no word changes anything."""
