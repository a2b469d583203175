"""What of history may go, and that nothing else does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Object, Ref
from govcloud_operators.process import settings
from govcloud_operators.surroundings import RETENTION
from govcloud_operators.tidying import checks
from govcloud_operators.tidying import reconcile as tidying
from govcloud_operators.tidying.checks import Limits
from govcloud_operators.tidying.turns import Turns
from support import worlds
from support.worlds import HOME, START, World

LIMITS = Limits(retention=RETENTION, most=checks.MOST_REQUESTS)
OLD, YOUNG = RETENTION, timedelta(days=29)
NAME = "GOVCLOUD_RETENTION_DAYS"


def condition(type_: str, status: str, age: timedelta) -> dict[str, str]:
    moment = conditions.timestamp(START - age)
    return {"type": type_, "status": status, "reason": "R", "message": "", "lastTransitionTime": moment}


def request(phase: str, age: timedelta, name: str = "r", **status: Any) -> Object:
    """A request that has been in its phase for so long."""
    ended = {
        "Denied": [condition("Denied", "True", age), condition("Ready", "False", OLD * 2)],
        "Closed": [condition("Approved", "True", OLD * 2), condition("Ready", "False", age)],
    }
    found = ended.get(phase, [condition("Ready", "True", age), condition("Denied", "True", age)])
    metadata = {"name": name, "namespace": HOME, "uid": f"uid-{name}"}
    status = {"phase": phase, "conditions": found} | status
    return {
        "apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata, "spec": {},
        "status": status,
    }  # fmt: skip


def approval(age: timedelta, name: str = "a", about: str = "gone", where: str = HOME) -> Object:
    """A decision about a request of the home."""
    asked = {"kind": "EnvironmentRequest", "namespace": HOME, "name": about, "uid": f"uid-{about}"}
    metadata = {
        "name": name, "namespace": where, "uid": f"uid-{name}", "creationTimestamp": conditions.timestamp(START - age)
    }  # fmt: skip
    return {"apiVersion": labels.API_VERSION, "kind": "Approval", "metadata": metadata, "spec": {"requestRef": asked}}


def names(found: list[Object]) -> list[str]:
    return [item["metadata"]["name"] for item in found]


@pytest.mark.parametrize(
    ("phase", "age", "goes"),
    [
        ("Denied", OLD, True),
        ("Closed", OLD, True),
        ("Denied", OLD - timedelta(seconds=1), False),
        ("Closed", OLD - timedelta(seconds=1), False),
        ("Ready", OLD * 9, False),
        ("Done", OLD * 9, False),
        ("Provisioning", OLD * 9, False),
        ("Approved", OLD * 9, False),
        ("PolicyChecked", OLD * 9, False),
        ("Pending", OLD * 9, False),
        ("", OLD * 9, False),
    ],
)
def test_what_is_closed_long_enough_goes(phase: str, age: timedelta, goes: bool) -> None:
    assert names(checks.requests([request(phase, age)], frozenset(), START, LIMITS)) == (["r"] if goes else [])


@pytest.mark.parametrize("phase", ["Denied", "Closed"])
def test_what_an_environment_rests_on_stays_for_ever(phase: str) -> None:
    found = [request(phase, OLD * 9, "kept"), request(phase, OLD * 9, "other")]
    assert names(checks.requests(found, frozenset({"uid-kept"}), START, LIMITS)) == ["other"]


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": []},
        {"conditions": [{"type": "Ready", "status": "False"}]},
        {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "long ago"}]},
    ],
)
def test_whose_end_cannot_be_told_stays(status: dict[str, Any]) -> None:
    assert (
        checks.requests([request("Closed", OLD) | {"status": {"phase": "Closed"} | status}], frozenset(), START, LIMITS)
        == []
    )
    assert checks.requests([{"metadata": {"name": "bare"}}], frozenset(), START, LIMITS) == []


def test_beyond_the_bound_the_oldest_goes_and_what_people_judged_last() -> None:
    few = replace(LIMITS, most=2)
    word = {"decisions": [{"by": "anna"}]}
    found = [
        request("Closed", timedelta(days=50), "plain"),
        request("Denied", timedelta(days=99), "judged", **word),
        request("Closed", timedelta(days=60), "older"),
        request("Denied", timedelta(days=40), "late", **word),
    ]
    assert names(checks.requests(found, frozenset(), START, few)) == ["older", "plain"]
    assert names(checks.requests(found, frozenset(), START, replace(few, most=1))) == ["older", "plain", "judged"]
    assert checks.requests(found, frozenset(), START, replace(few, most=None)) == []


def test_a_flood_of_today_drives_no_evidence_out() -> None:
    evidence = request("Denied", timedelta(days=100), "evidence", decisions=[{"by": "anna"}])
    flood = [request("Closed", YOUNG, f"f{number:03}") for number in range(checks.MOST_REQUESTS * 2)]
    assert checks.requests([evidence, *flood], frozenset(), START, LIMITS) == []


@pytest.mark.parametrize(
    ("ages", "most", "goes"),
    [
        ([OLD], 10, ["a0"]),
        ([OLD - timedelta(days=1)], 10, []),
        ([timedelta(days=90), timedelta(days=80), timedelta(days=70)], 2, ["a0"]),
        ([YOUNG, YOUNG, YOUNG], 2, []),
        ([timedelta(days=90)] * 3, None, []),
    ],
)
def test_words_about_what_is_gone(ages: list[timedelta], most: int | None, goes: list[str]) -> None:
    found = [approval(age, f"a{number}") for number, age in enumerate(ages)]
    assert names(checks.words(found, START, Limits(retention=RETENTION, most=most))) == goes


def test_the_bounds_leave_room_within_the_quota_of_a_home() -> None:
    from govcloud_operators.department import desired

    assert int(desired.HOME_HARD["count/environmentrequests.govcloud.internal"]) - checks.MOST_REQUESTS >= 50
    assert int(desired.HOME_HARD["count/approvals.govcloud.internal"]) - checks.MOST_WORDS >= 200


class Old:
    """A department with a past: the clock says `START`, and every object is seeded with its age."""

    def __init__(self) -> None:
        self.world = World()
        self.world.department()
        for namespace in ("dept-health",):
            self.world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    def seed(self, *objects: Object) -> list[Object]:
        now = self.world.now
        stored = []
        for obj in objects:
            created = obj["metadata"].get("creationTimestamp")
            self.world.now = conditions.parse_timestamp(created) if created else now
            stored.append(self.world.cluster.seed(obj))
        self.world.now = now
        return stored

    def left(self, kind: str, namespace: str = HOME) -> list[str]:
        return names(self.world.cluster.list(labels.API_VERSION, kind, namespace=namespace))

    def turn(self) -> None:
        around = replace(self.world.around(), turns=Turns(timedelta(0)))
        tidying.turn(self.world.cluster, "tax", around)


def test_a_home_is_tidied() -> None:
    old = Old()
    [_, _, force, live] = old.seed(
        request("Denied", OLD, "denied"),
        request("Closed", YOUNG, "young"),
        request("Ready", OLD * 2, "force"),
        request("PolicyChecked", OLD * 2, "open"),
    )
    old.world.environment(force | {"spec": {"product": "portal", "purpose": "sandbox"}})
    about = approval(OLD, "of-live", "open")
    about["spec"]["requestRef"]["uid"] = live["metadata"]["uid"]
    old.seed(about, approval(OLD, "of-gone"), approval(YOUNG, "of-gone-young"), approval(OLD, "of-successor", "open"))
    old.seed(approval(OLD, "platform", where=labels.APPROVALS_NAMESPACE))
    old.turn()
    assert old.left("EnvironmentRequest") == ["force", "open", "young"]
    assert old.left("Approval") == ["of-gone-young", "of-live"]
    assert old.left("Approval", labels.APPROVALS_NAMESPACE) == []
    before = len(old.world.cluster.writes)
    old.turn()
    assert len(old.world.cluster.writes) == before


def test_a_transfer_that_the_receivers_environment_rests_on_stays() -> None:
    old = Old()
    moved = request("Closed", OLD * 2, "moved") | {"spec": {"transferTo": "health"}}
    [stored] = old.seed(moved)
    rest = {"requestRef": {"name": "moved", "uid": stored["metadata"]["uid"]}}
    metadata = {"name": "portal-prod", "namespace": "dept-health"}
    old.seed({"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": rest})
    old.turn()
    assert old.left("EnvironmentRequest") == ["moved"]
    old.world.cluster.delete(Ref(labels.API_VERSION, "Environment", "portal-prod", "dept-health"))
    old.turn()
    assert old.left("EnvironmentRequest") == []


def test_a_heap_goes_in_turns() -> None:
    old = Old()
    old.seed(*[request("Closed", OLD, f"r{number:03}") for number in range(tidying.MOST_A_TURN + 7)])
    old.turn()
    assert len(old.left("EnvironmentRequest")) == 7
    old.turn()
    assert old.left("EnvironmentRequest") == []


def test_what_changed_since_the_look_stays() -> None:
    old = Old()
    old.seed(request("Closed", OLD, "first"), request("Closed", OLD, "second"))

    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(old.world.cluster, name)

        def delete(self, ref: Ref, **how: Any) -> bool:
            if ref.name == "first":
                raise errors.Conflict("it is another version (HTTP 409)")
            return old.world.cluster.delete(ref, **how)

    busy: Any = Busy()
    assert tidying.home(busy, HOME, RETENTION, START) == 1
    assert old.left("EnvironmentRequest") == ["first"]


def test_a_namespace_that_only_looks_like_a_home_is_left_alone() -> None:
    old = Old()
    old.seed(request("Closed", OLD))
    home = old.world.live(Ref("v1", "Namespace", HOME))
    home["metadata"]["annotations"][labels.OWNER_UID] = "another"
    old.world.cluster.apply({k: home[k] for k in ("apiVersion", "kind")} | {
        "metadata": {"name": HOME, "annotations": {labels.OWNER_UID: "another"}}}, field_manager="x")  # fmt: skip
    old.turn()
    assert old.left("EnvironmentRequest") == ["r"]


def test_names_of_nobody_are_not_remembered() -> None:
    old = Old()
    around = old.world.around()
    for number in range(100):
        tidying.turn(old.world.cluster, f"nobody{number}", around)
    assert around.turns._next == {}


def test_turns_come_once_a_pause_and_the_first_within_one() -> None:
    turns, pause = Turns(timedelta(hours=1)), timedelta(hours=1)
    firsts = {}
    for name in (f"dept-d{number}" for number in range(50)):
        turns.take(name, START)
        minutes = next(m for m in range(61) if turns.take(name, START + timedelta(minutes=m)))
        firsts[name] = START + timedelta(minutes=minutes)
        assert not turns.take(name, firsts[name] + pause / 2)
        assert turns.take(name, firsts[name] + pause)
    assert len(set(firsts.values())) > 20, "not all at once"


def test_of_two_that_ask_at_once_one_gets_the_turn() -> None:
    turns, got = Turns(timedelta(hours=1)), list[bool]()
    later: datetime = worlds.START + timedelta(hours=2)
    turns.take("dept-tax", worlds.START)
    threads = [threading.Thread(target=lambda: got.append(turns.take("dept-tax", later))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_evidence_has_a_least_time() -> None:
    found = settings.from_environment({NAME: "30"}, host_name="a", version="1")
    assert found.retention_days == 30
    assert settings.from_environment({}, host_name="a", version="1").retention_days == RETENTION.days
    with pytest.raises(errors.ConfigError, match="30 days at least"):
        settings.from_environment({NAME: "29"}, host_name="a", version="1")
