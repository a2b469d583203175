"""Whose word counts: places, roles, hashes, quorum, separation of duties, order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import decision, labels
from govcloud_api.decision import Question, Seat
from govcloud_api.v1alpha1 import Approval, ApprovalPolicy
from govcloud_api.v1alpha1.department import Subject

HASH = "sha256:" + "a" * 64
OTHER_HASH = "sha256:" + "b" * 64
APPROVER = Seat(
    role="approver",
    scope="requester",
    department="tax",
    namespace="dept-tax",
    people=(
        Subject(kind="Group", name="tax:approver", role="approver"),
        Subject(kind="User", name="deputy", role="approver"),
    ),
)
FINANCE = Seat(
    role="finance",
    scope="requester",
    department="tax",
    namespace="dept-tax",
    people=(Subject(kind="Group", name="tax:finance", role="finance"),),
)
PLATFORM = decision.platform_seat("approver")


def question(*seats: Seat, **known: Any) -> Question:
    plain: dict[str, Any] = {
        "kind": "EnvironmentRequest",
        "namespace": "dept-tax",
        "name": "first",
        "uid": "u1",
        "spec_hash": HASH,
        "requested_by": "olga",
        "seats": seats or (APPROVER, FINANCE),
    }
    return Question(**plain | known)


def approval(name: str = "a", **said: Any) -> Approval:
    about = {"kind": "EnvironmentRequest", "namespace": "dept-tax", "name": "first", "uid": "u1", "specHash": HASH}
    spec = {
        "requestRef": about | said.get("about", {}),
        "verdict": said.get("verdict", "Approve"),
        "role": said.get("role", "approver"),
        "reason": said.get("reason", ""),
        "decidedBy": said.get("by", "anna"),
        "decidedByGroups": said.get("groups", ["tax:approver"]),
    }
    metadata = {
        "name": name,
        "namespace": said.get("where", "dept-tax"),
        "creationTimestamp": said.get("at", "2026-03-01T12:00:00Z"),
    }
    return Approval.parse({"metadata": metadata, "spec": spec})


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "Counted"),
        ({"by": "deputy", "groups": []}, "Counted"),
        ({"role": "finance", "groups": ["tax:finance"]}, "Counted"),
        ({"about": {"specHash": OTHER_HASH}}, "StaleHash"),
        ({"about": {"uid": "u0"}}, "StaleHash"),
        ({"by": "olga"}, "SelfApproval"),
        ({"groups": ["health:approver"]}, "NotAuthorised"),
        ({"groups": []}, "NotAuthorised"),
        ({"by": None}, "NotAuthorised"),
        ({"by": "tax:approver", "groups": []}, "NotAuthorised"),  # a person named like a group
        ({"groups": ["deputy"]}, "NotAuthorised"),  # a group named like a person
        ({"by": "system:serviceaccount:x:y"}, "NotAuthorised"),
        ({"role": "finance"}, "NotAuthorised"),  # an approver is not finance
        ({"role": "auditor", "groups": ["tax:auditor"]}, "NotAuthorised"),
        ({"where": "dept-health"}, "WrongPlace"),
        ({"where": labels.APPROVALS_NAMESPACE, "groups": ["platform:approver"]}, "WrongPlace"),
    ],
)
def test_one_word(said: dict[str, Any], reason: str) -> None:
    word = approval(**said)
    outcome = decision.count(question(), [word])
    assert outcome.judgements[decision.key(word)].reason == reason
    assert len(outcome.decisions) == (reason == "Counted")


def test_two_people_are_needed_and_nobody_counts_twice() -> None:
    both = ["tax:approver", "tax:finance"]
    first, second = approval("a", groups=both), approval("b", groups=both, role="finance")
    outcome = decision.count(question(), [first, second])
    assert [outcome.judgements[decision.key(a)].reason for a in (first, second)] == ["Counted", "AlreadyDecided"]
    assert outcome.missing == (0, 1)
    assert not outcome.complete
    third = approval("c", by="bert", groups=both, role="finance")
    assert decision.count(question(), [first, second, third]).complete


def test_a_quorum() -> None:
    seat = Seat(**{name: getattr(APPROVER, name) for name in APPROVER.__slots__} | {"count": 2})
    words = [approval(f"a{n}", by=f"p{n}") for n in range(3)]
    outcome = decision.count(question(seat), words)
    assert [outcome.judgements[decision.key(w)].reason for w in words] == ["Counted", "Counted", "AlreadyDecided"]
    assert outcome.complete
    assert decision.count(question(seat), words[:1]).missing == (1,)


def test_one_denial_ends_it_whatever_came_before() -> None:
    words = [
        approval("a", at="2026-03-01T10:00:00Z"),
        approval("b", by="fritz", role="finance", groups=["tax:finance"], at="2026-03-01T11:00:00Z"),
        approval("c", by="anna", verdict="Deny", reason="not this year", at="2026-03-01T12:00:00Z"),
    ]
    outcome = decision.count(question(), words)
    assert outcome.denial is not None
    assert outcome.denial.by == "anna"
    assert not outcome.complete
    assert outcome.judgements["dept-tax/a"].reason == "AlreadyDecided"


def test_nobody_without_the_role_can_deny() -> None:
    outcome = decision.count(question(), [approval(verdict="Deny", groups=["health:approver"], reason="no no no no")])
    assert outcome.denial is None


def test_the_platform_fills_any_seat_only_when_people_are_late() -> None:
    word = approval(where=labels.APPROVALS_NAMESPACE, by="paula", groups=["platform:approver"])
    finance = approval("f", where=labels.APPROVALS_NAMESPACE, by="pit", role="finance", groups=["platform:finance"])
    assert decision.count(question(FINANCE), [word]).judgements[decision.key(word)].reason == "NotAuthorised"
    late = decision.count(question(FINANCE, escalated=True), [word, finance])
    assert late.complete
    assert late.judgements[decision.key(finance)].reason == "WrongPlace"
    own = decision.count(question(FINANCE, escalated=True, requested_by="paula"), [word])
    assert own.judgements[decision.key(word)].reason == "SelfApproval"


def test_the_platform_fills_only_its_own_seat_while_people_are_in_time() -> None:
    words = [
        approval(name, where=labels.APPROVALS_NAMESPACE, by=name, groups=["platform:approver"])
        for name in ("pit", "una")
    ]
    outcome = decision.count(question(PLATFORM, FINANCE), words)
    assert outcome.missing == (0, 1)
    assert decision.count(question(PLATFORM, FINANCE, escalated=True), words).complete


def test_what_counted_stays_counted_after_the_decision() -> None:
    first, late = approval("a"), approval("b", by="bert")
    before = decision.count(question(APPROVER), [first])
    after = question(APPROVER, closed=True, recorded=before.decisions)
    judged = decision.count(after, [late, first]).judgements
    assert (judged["dept-tax/a"].reason, judged["dept-tax/b"].reason) == ("Counted", "AlreadyDecided")
    forged = approval("a", by="bert")
    assert decision.count(after, [forged]).judgements["dept-tax/a"].reason == "AlreadyDecided"


def test_words_about_something_else_are_not_judged() -> None:
    words = [approval("a", about={"name": "second"}), approval("b", about={"kind": "PolicyExemption"})]
    assert decision.count(question(), words).judgements == {}


words_strategy = st.lists(
    st.builds(
        lambda n, by, role, group, where, verdict, stale: approval(
            f"a{n}",
            by=by,
            role=role,
            groups=[group],
            where=where,
            verdict=verdict,
            reason="because it is so",
            about={"specHash": OTHER_HASH} if stale else {},
        ),
        st.integers(0, 99),
        st.sampled_from(["olga", "anna", "bert", "system:x"]),
        st.sampled_from(["approver", "finance", "owner"]),
        st.sampled_from(["tax:approver", "tax:finance", "platform:approver", "health:approver"]),
        st.sampled_from(["dept-tax", "dept-health", labels.APPROVALS_NAMESPACE]),
        st.sampled_from(["Approve", "Approve", "Deny"]),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda a: (a.metadata.namespace, a.metadata.name),
)


@given(words_strategy, st.booleans(), st.randoms())
def test_no_order_of_words_changes_what_counts(words: list[Approval], late: bool, chance: Any) -> None:
    asked = question(escalated=late)
    outcome = decision.count(asked, words)
    mixed = list(words)
    chance.shuffle(mixed)
    assert decision.count(asked, mixed) == outcome
    people = [word.by for word in outcome.decisions]
    assert len(people) == len(set(people))
    assert "olga" not in people
    assert not any(person.startswith("system:") for person in people)
    if outcome.complete:
        assert len(people) >= 2
    counted = {key for key, judged in outcome.judgements.items() if judged.reason == "Counted"}
    assert counted == {word.approval for word in outcome.decisions}
    for word in words:
        if word.spec.request_ref.spec_hash != HASH:
            assert outcome.judgements[decision.key(word)].reason == "StaleHash"


def policies(*rows: tuple[str, int, dict[str, Any]]) -> list[ApprovalPolicy]:
    return [
        ApprovalPolicy.parse({"metadata": {"name": name}, "spec": {"priority": priority, "match": match}})
        for name, priority, match in rows
    ]


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([], None),
        ([("b", 0, {}), ("a", 0, {})], "a"),
        ([("a", 0, {}), ("b", 5, {})], "b"),
        ([("a", 9, {"types": ["Delete"]}), ("b", 0, {"types": ["Create", "Change"]})], "b"),
        ([("a", 9, {"purposes": ["sandbox"]}), ("b", 0, {})], "b"),
        (
            [
                ("a", 0, {"purposes": ["production"], "dataClasses": ["secret"]}),
                ("b", 0, {"dataClasses": ["internal"]}),
            ],
            "b",
        ),
    ],
)
def test_the_policy_that_decides(rows: list[tuple[str, int, dict[str, Any]]], chosen: str | None) -> None:
    found = decision.select(policies(*rows), "Create", "production", "internal")
    assert (found.metadata.name if found else None) == chosen
