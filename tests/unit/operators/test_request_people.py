"""Requests that wait for people: who is asked, whose word counts, how long, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import labels
from govcloud_kube import Ref
from govcloud_operators import dispatch, rooms
from govcloud_operators.environment_request import reconcile as requests
from govcloud_operators.keys import Key
from support.deciding import Deciding, missing
from support.worlds import HOME, status_of

PRODUCTION = Ref(labels.API_VERSION, "Environment", "portal-prod", HOME)
FINANCE: dict[str, Any] = {"by": "fritz", "role": "finance", "groups": ["tax:finance"]}


def waiting(world: Deciding) -> Any:
    world.request(purpose="production")
    return world.look()


def test_production_waits_for_two_different_people() -> None:
    world = Deciding()
    found = waiting(world)
    assert found["status"]["phase"] == "PolicyChecked"
    assert found["status"]["policy"] == "production"
    assert missing(found) == [("approver", HOME, 1), ("finance", HOME, 1)]
    assert found["status"]["waitingOn"] == "an approver of tax, a finance of tax"
    assert found["status"]["estimate"] == {"monthlyCents": 2000, "monthlyChangeCents": 2000}

    anna = world.say(found, "a", groups=["tax:approver", "tax:finance"])
    again = world.say(found, "b", groups=["tax:approver", "tax:finance"], role="finance")
    found = world.look()
    assert missing(found) == [("approver", HOME, 0), ("finance", HOME, 1)]
    assert world.cluster.get(PRODUCTION) is None
    assert [world.valid(anna), world.valid(again)] == ["Counted", "AlreadyDecided"]

    world.say(found, "c", **FINANCE)
    found = world.look()
    assert status_of(found, "Approved") == ("True", "ApprovedByPeople")
    assert [(d["by"], d["role"], d["approval"]) for d in found["status"]["decisions"]] == [
        ("anna", "approver", f"{HOME}/a"),
        ("fritz", "finance", f"{HOME}/c"),
    ]
    made = world.live(PRODUCTION)
    assert made["spec"]["requestRef"]["uid"] == found["metadata"]["uid"]
    assert "expiresAt" not in made["spec"]
    assert "due" not in found["status"]


def test_nobody_approves_an_own_request() -> None:
    world = Deciding()
    found = waiting(world)
    own = world.say(found, "a", by="olga", groups=["tax:approver", "tax:finance"])
    found = world.look()
    assert missing(found) == [("approver", HOME, 1), ("finance", HOME, 1)]
    assert world.valid(own) == "SelfApproval"


def test_a_request_that_was_written_anew_needs_new_words() -> None:
    world = Deciding()
    found = waiting(world)
    anna, fritz = world.say(found, "a"), world.say(found, "b", **FINANCE)
    world.cluster.delete(requests.request_ref(HOME, "first"))
    world.request(purpose="production", size="medium")
    found = world.look()
    assert world.cluster.get(PRODUCTION) is None
    assert missing(found) == [("approver", HOME, 1), ("finance", HOME, 1)]
    assert [world.valid(anna), world.valid(fritz)] == ["StaleHash", "StaleHash"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"groups": ["health:approver"]}, "NotAuthorised"),
        ({"where": "dept-health", "groups": ["health:approver"]}, "WrongPlace"),
        ({"where": labels.APPROVALS_NAMESPACE, "groups": ["platform:approver"]}, "WrongPlace"),
        ({"about": {"name": "nothing"}}, "NoSuchRequest"),
    ],
)
def test_strangers_do_not_count(said: dict[str, Any], reason: str) -> None:
    world = Deciding()
    found = waiting(world)
    word = world.say(found, "a", **said)
    assert missing(world.look()) == [("approver", HOME, 1), ("finance", HOME, 1)]
    assert world.valid(word) == reason


def test_one_no_ends_it_for_good() -> None:
    world = Deciding()
    found = waiting(world)
    world.say(found, "a")
    no = world.say(found, "b", verdict="Deny", reason="no money this year", **FINANCE)
    found = world.look()
    assert found["status"]["phase"] == "Denied"
    assert status_of(found, "Denied") == ("True", "DeniedByPerson")
    assert world.valid(no) == "Counted"
    late = world.say(found, "c", **FINANCE | {"by": "frida"})
    writes = list(world.cluster.writes)
    world.look()
    assert world.cluster.writes == writes
    assert world.valid(late) == "AlreadyDecided"
    assert world.cluster.get(PRODUCTION) is None


def test_a_word_before_the_operator_has_looked_is_judged_later() -> None:
    world = Deciding()
    request = world.request(purpose="production")
    early = world.say(request | {"status": {"specHash": "sha256:" + "0" * 64}}, "a")
    assert world.valid(early) == ""
    world.look()
    assert world.valid(early) == "StaleHash"


def test_the_deadline_counts_working_days() -> None:
    world = Deciding()
    found = waiting(world)  # a Sunday
    assert found["status"]["due"] == "2026-03-07T00:00:00Z"
    assert world.again == timedelta(days=5, hours=12).total_seconds()
    world.cluster.seed(
        {
            "apiVersion": labels.API_VERSION,
            "kind": "WorkCalendar",
            "metadata": {"name": "default"},
            "spec": {"holidays": [{"date": "2026-03-04"}]},
        }
    )
    world.pass_time(days=1)
    assert world.look()["status"]["due"] == "2026-03-10T00:00:00Z"


def test_without_a_usable_calendar_days_are_those_of_utc() -> None:
    world = Deciding()
    world.cluster.delete(Ref(labels.API_VERSION, "WorkCalendar", "default"))
    assert waiting(world)["status"]["due"] == "2026-03-07T00:00:00Z"


def late(world: Deciding) -> Any:
    waiting(world)
    world.pass_time(days=6)
    return world.look()


def test_late_people_are_helped_by_the_platform() -> None:
    world = Deciding()
    found = late(world)
    assert status_of(found, "Overdue") == ("True", "Escalated")
    assert missing(found)[-1] == ("approver", labels.APPROVALS_NAMESPACE, 2)
    assert "platform" in found["status"]["waitingOn"]
    words = [
        world.say(found, "p1", where=labels.APPROVALS_NAMESPACE, by="paula", groups=["platform:approver"]),
        world.say(found, "p2", where=labels.APPROVALS_NAMESPACE, by="pit", groups=["platform:approver"]),
    ]
    assert [world.valid(word) for word in words] == ["Counted", "Counted"]
    assert status_of(world.look(), "Approved") == ("True", "ApprovedByPeople")
    assert world.live(PRODUCTION)


def test_one_of_the_platform_is_not_two_people() -> None:
    world = Deciding()
    found = late(world)
    world.say(found, "p1", where=labels.APPROVALS_NAMESPACE, by="paula", groups=["platform:approver"])
    world.say(found, "p2", where=labels.APPROVALS_NAMESPACE, by="paula", groups=["platform:approver"])
    assert [left for _, _, left in missing(world.look())] == [0, 1, 1]
    assert world.cluster.get(PRODUCTION) is None


def test_a_policy_may_deny_what_is_late() -> None:
    world = Deciding()
    policy = world.live(Ref(labels.API_VERSION, "ApprovalPolicy", "production"))
    world.cluster.seed(policy | {"spec": policy["spec"] | {"onOverdue": "Deny"}})
    found = late(world)
    assert found["status"]["phase"] == "Denied"
    assert status_of(found, "Denied") == ("True", "Overdue")


def test_time_does_not_run_while_the_department_itself_is_in_the_way() -> None:
    world = Deciding(suspended=True)
    found = waiting(world)
    assert "due" not in found["status"]
    world.pass_time(days=30)
    assert "Overdue" not in {c["type"] for c in world.look()["status"]["conditions"]}
    department = world.live(Ref(labels.API_VERSION, "Department", "tax"))
    department["spec"]["suspended"] = False
    world.cluster.apply(department, field_manager="platform")
    found = world.look()
    assert status_of(found, "Overdue") == ("False", "NotDue")
    assert found["status"]["due"] == "2026-04-08T00:00:00Z"


def test_without_a_policy_nobody_can_decide() -> None:
    world = Deciding()
    world.cluster.delete(Ref(labels.API_VERSION, "ApprovalPolicy", "production"))
    found = waiting(world)
    assert "policy-known" in found["status"]["waitingOn"]
    assert status_of(found, "Approved") == ("False", "RuleFailed")


def test_words_do_not_help_against_a_rule() -> None:
    world = Deciding()
    world.request(purpose="production", size="large")
    found = world.look()
    world.say(found, "a")
    world.say(found, "b", **FINANCE)
    found = world.look()
    assert status_of(found, "Approved") == ("False", "RuleFailed")
    assert "quota" in found["status"]["waitingOn"]
    assert [left for _, _, left in missing(found)] == [0, 0]


def test_a_second_look_writes_nothing() -> None:
    world = Deciding()
    found = waiting(world)
    word = world.say(found, "a")
    world.look()
    world.valid(word)
    before = list(world.cluster.writes)
    world.pass_time(hours=1)
    world.look()
    world.valid(word)
    assert world.cluster.writes == before


def test_who_is_looked_at_when_rules_or_turns_change() -> None:
    world = Deciding()
    world.place("portal-prod")
    world.ask("one", "Change", environmentRef="portal-prod", size="medium")
    world.pass_time(seconds=1)
    world.ask("two", "Delete", environmentRef="portal-prod")
    world.request("three")
    for name in ("one", "two", "three"):
        world.look(name)
    spread = {room.kind: room.fan_out for room in rooms.ROOMS}

    def touched(kind: str, namespace: str | None, name: str) -> set[str]:
        fan_out = spread[kind]
        assert fan_out is not None
        return {f"{key.kind}/{key.name}" for key in fan_out(world.cluster, Key(kind, namespace, name))}

    undecided = {"EnvironmentRequest/one", "EnvironmentRequest/two"}
    assert touched("EnvironmentRequest", HOME, "portal-prod") == undecided
    assert touched("EnvironmentRequest", HOME, "another") == set()
    assert touched("ApprovalPolicy", None, "all") == undecided
    assert touched("WorkCalendar", None, "all") >= undecided | {"ApprovalPolicy/production"}


def test_history_is_not_looked_at_again() -> None:
    world = Deciding()
    found = waiting(world)
    no = world.say(found, "no", verdict="Deny", reason="not this year")
    world.look()
    world.valid(no)
    keys = dispatch.Dispatcher(world.cluster, world.around()).all_keys()
    assert not {key.kind for key in keys} & {"EnvironmentRequest", "Approval"}
