"""Change, Extend, Transfer, Delete: what each does to the Environment, and what holds it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Ref
from govcloud_operators.environment_request import reconcile as requests
from support import deciding
from support.deciding import RECEIVER, Deciding, failing
from support.worlds import ENVIRONMENT, HOME, START, status_of

GIB = 2**30
MEDIUM = {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50}
SMALL = {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20}


def change(world: Deciding, **spec: Any) -> Any:
    world.ask("change", "Change", environmentRef="portal-sandbox", **spec)
    return world.look("change")


def test_a_decrease_is_granted_and_applied() -> None:
    world = Deciding()
    world.place(size="medium", quota=MEDIUM, expiresAt="2026-03-20T00:00:00Z", members=[])
    found = change(world, size="small")
    assert status_of(found, "Approved") == ("True", "ApprovedByPolicy")
    spec = world.environment_spec()
    assert spec["quota"] == SMALL
    assert spec["expiresAt"] == "2026-03-20T00:00:00Z"
    assert spec["requestRef"] == {"name": "change", "uid": found["metadata"]["uid"]}
    assert found["status"]["estimate"] == {"monthlyCents": 2000, "monthlyChangeCents": -6100}
    assert found["status"]["phase"] == "Provisioning"  # its Ready is about the generation before
    world.ready()
    assert world.look("change")["status"]["phase"] == "Ready"


def test_a_shrink_waits_until_it_is_free() -> None:
    world = Deciding()
    world.place(size="medium", quota=MEDIUM)
    world.use(requests_cpu="1500m", requests_memory="1Gi", pods="3")
    found = change(world, size="small")
    assert failing(found) == ["not-in-use"]
    assert "requests.cpu: 1500m is reserved, 1 would be left" in found["status"]["waitingOn"]
    assert world.environment_spec()["quota"] == MEDIUM
    world.use(requests_cpu="1", requests_memory="1Gi", pods="3")
    assert status_of(world.look("change"), "Approved")[0] == "True"
    assert world.environment_spec()["quota"] == SMALL


def test_numbers_replace_a_size() -> None:
    world = Deciding()
    world.request()
    world.look()
    assert world.environment_spec()["size"] == "small"
    change(world, quota={"cpu": "500m", "memory": "1Gi", "storage": "5Gi", "pods": 10})
    assert "size" not in world.environment_spec()


def test_a_change_touches_nothing_of_the_platform() -> None:
    def switch(*, on: bool) -> None:
        world.cluster.apply(
            {
                "apiVersion": labels.API_VERSION,
                "kind": "Environment",
                "metadata": {"name": "portal-sandbox", "namespace": HOME},
                "spec": {"suspended": on},
            },
            field_manager="platform",
            force=False,  # refused when somebody else claims the field
        )

    world = Deciding()
    world.request()
    world.look()
    held = {"name": "portal-sandbox", "namespace": HOME, "finalizers": [labels.ENVIRONMENT_FINALIZER]}
    world.cluster.apply(
        {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": held},
        field_manager=labels.OPERATOR_FIELD_MANAGER,
    )
    switch(on=True)
    change(world, quota={"cpu": "500m", "memory": "1Gi", "storage": "5Gi", "pods": 10})
    found = world.live(ENVIRONMENT)
    assert found["spec"]["suspended"] is True
    assert found["spec"]["quota"]["cpu"] == "500m"
    assert found["metadata"]["finalizers"] == [labels.ENVIRONMENT_FINALIZER]
    switch(on=False)
    assert world.environment_spec()["suspended"] is False


INCREASE = {"cpu": "1500m", "memory": "2Gi", "storage": "10Gi", "pods": 20}


@pytest.mark.parametrize(
    ("cpu", "minutes_old", "quota", "granted"),
    [
        (350, 0, INCREASE, True),
        (350, 60, INCREASE, True),
        (349, 0, INCREASE, False),
        (900, 61, INCREASE, False),
        (900, -5, INCREASE, False),
        (None, 0, INCREASE, False),
        (900, 0, INCREASE | {"cpu": "1501m"}, False),
        (900, 0, INCREASE | {"memory": "3Gi"}, True),
        (900, 0, INCREASE | {"storage": "11Gi"}, False),
        (900, 0, INCREASE | {"pods": 30}, True),
        (900, 0, INCREASE | {"pods": 31}, False),
    ],
)
def test_a_small_increase_of_what_is_used(
    cpu: int | None, minutes_old: int, quota: dict[str, Any], granted: bool
) -> None:
    world = Deciding()
    world.place()
    if cpu is not None:
        world.measured = deciding.measured(cpu, GIB, world.now - timedelta(minutes=minutes_old))
    found = change(world, quota=quota)
    if granted:
        assert failing(found) == []
        assert world.environment_spec()["quota"] == quota
    else:
        assert failing(found) == ["auto-approval"]
        assert found["status"]["waitingOn"] == "an approver of tax"
        assert world.environment_spec()["quota"] == SMALL


def test_policy_alone_gives_more_only_once_a_window() -> None:
    world = Deciding()
    world.place()
    world.measured = deciding.measured(900, GIB, world.now)
    assert failing(change(world, quota=INCREASE)) == []
    world.ready()
    world.look("change")
    again = {"environmentRef": "portal-sandbox", "quota": INCREASE | {"cpu": "2"}}
    for days, rules in ((13, ["auto-approval"]), (2, [])):
        world.pass_time(days=days)
        world.measured = deciding.measured(1400, GIB, world.now)
        world.ask("again", "Change", **again)
        assert failing(world.look("again")) == rules
    assert world.environment_spec()["quota"]["cpu"] == "2"


def test_nothing_is_no_base_for_a_percentage() -> None:
    world = Deciding()
    world.place(quota=SMALL | {"storage": "0"})
    world.measured = deciding.measured(900, 2 * GIB, world.now)
    assert failing(change(world, quota=SMALL | {"storage": "1Gi"})) == ["auto-approval"]


@pytest.mark.parametrize(
    "spec",
    [
        {"tierRef": "critical"},
        {"members": [{"kind": "User", "name": "eve", "role": "viewer"}]},
        {"network": {"egress": "public"}},
        {"network": {"ingressHosts": ["portal.example.org"]}},
    ],
)
def test_what_opens_more_needs_a_person(spec: dict[str, Any]) -> None:
    world = Deciding()
    world.place()
    world.measured = deciding.measured(900, 2 * GIB, world.now)
    assert failing(change(world, **spec)) == ["auto-approval"]


def test_what_closes_needs_nobody() -> None:
    world = Deciding()
    member = {"kind": "User", "name": "eve", "role": "editor"}
    world.place(members=[member], network={"ingressHosts": ["portal.example.org"], "egress": "public"})
    spec = {"members": [member | {"role": "viewer"}], "network": {"ingressHosts": [], "egress": "closed"}}
    assert failing(change(world, **spec)) == []
    assert world.environment_spec()["members"] == [member | {"role": "viewer"}]


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ({"size": "large"}, "quota"),
        ({"dataClass": "secret"}, "data-class"),
        ({"tierRef": "golden"}, "tier-known"),
        ({"tierRef": "basic", "quota": SMALL | {"cpu": "5"}}, "size"),
        ({"quota": SMALL | {"memory": "1Mi"}}, "size"),
        ({"members": [{"kind": "Group", "name": "system:authenticated", "role": "editor"}]}, "members"),
        ({"members": [{"kind": "User", "name": "eve", "role": r} for r in ("editor", "viewer")]}, "members"),
        ({"network": {"ingressHosts": ["portal"]}}, "hosts"),
        ({"network": {"ingressHosts": ["x.apps.govcloud.internal"]}}, "hosts"),
        ({"network": {"ingressHosts": ["a.example.org", "a.example.org"]}}, "hosts"),
        ({"network": {"ingressHosts": ["taken.example.org"]}}, "hosts"),
    ],
)
def test_rules_of_a_change(spec: dict[str, Any], rule: str) -> None:
    world = Deciding()
    world.place()
    world.place("other-test", network={"ingressHosts": ["taken.example.org"]})
    found = change(world, **spec)
    assert rule in failing(found)
    result = next(r for r in found["status"]["policyResults"] if r["rule"] == rule)
    assert result["measured"]
    assert result["message"]


def test_a_decrease_passes_even_above_the_ceiling() -> None:
    world = Deciding(quota={"hard": {"cpu": "1", "memory": "2Gi", "storage": "10Gi"}})
    world.place(size="medium", quota=MEDIUM)
    assert failing(change(world, quota=MEDIUM | {"cpu": "3"})) == []


@pytest.mark.parametrize("type_", ["Change", "Extend", "Transfer", "Delete"])
def test_what_is_not_there_cannot_be_changed(type_: str) -> None:
    world = Deciding()
    world.ask("one", type_, environmentRef="nothing-test", **({"transferTo": "health"} if type_ == "Transfer" else {}))
    found = world.look("one")
    assert failing(found) == ["environment-exists"]
    assert found["status"]["phase"] == "PolicyChecked"


def test_a_successor_of_the_same_name_is_another_environment() -> None:
    world = Deciding()
    world.place("portal-prod")
    world.ask("one", "Delete", environmentRef="portal-prod")
    found = world.look("one")
    assert found["status"]["phase"] == "PolicyChecked"
    ref = Ref(labels.API_VERSION, "Environment", "portal-prod", HOME)
    world.cluster.delete(ref)
    world.place("portal-prod")
    world.say(found, "a")
    assert world.look("one")["status"]["phase"] == "Closed"
    assert world.cluster.get(ref) is not None


def test_requests_about_one_environment_take_turns() -> None:
    world = Deciding()
    world.place("portal-prod")
    world.ask("one", "Change", environmentRef="portal-prod", size="medium")
    world.pass_time(seconds=1)
    world.ask("two", "Delete", environmentRef="portal-prod")
    assert "no-open-request" not in failing(world.look("one"))
    found = world.look("two")
    assert "no-open-request" in failing(found)
    assert "request one" in found["status"]["waitingOn"]
    world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "one", HOME))
    assert "no-open-request" not in failing(world.look("two"))


def extend(world: Deciding, days: int) -> Any:
    world.ask("more", "Extend", environmentRef="portal-sandbox", lifetimeDays=days)
    return world.look("more")


def test_an_extension_counts_from_now() -> None:
    world = Deciding()
    world.place(expiresAt="2026-03-10T00:00:00Z")
    found = extend(world, 60)
    assert status_of(found, "Approved")[0] == "True"
    assert world.environment_spec()["expiresAt"] == conditions.timestamp(START + timedelta(days=60))
    assert world.environment_spec()["quota"] == SMALL
    world.ready()
    world.look("more")
    world.pass_time(days=3)
    world.look("more")
    assert world.environment_spec()["expiresAt"] == conditions.timestamp(START + timedelta(days=60))


@pytest.mark.parametrize(
    ("age_days", "days", "passes"),
    [(0, 180, True), (0, 181, False), (170, 10, True), (170, 11, False), (181, 1, False), (0, 5, False)],
)
def test_extensions_end_at_twice_the_longest_life(age_days: int, days: int, passes: bool) -> None:
    world = Deciding()
    world.now = START - timedelta(days=age_days)
    world.place(expiresAt=conditions.timestamp(START + timedelta(days=9 if age_days < 100 else 0)))
    world.now = START
    found = extend(world, days)
    assert (failing(found) == []) is passes
    if not passes:
        assert "twice" in found["status"]["waitingOn"] or "anyway" in found["status"]["waitingOn"]


def test_what_never_ends_needs_no_extension() -> None:
    world = Deciding()
    world.place()
    assert failing(extend(world, 10)) == ["lifetime"]


def test_delete_gives_it_back_and_is_closed_then() -> None:
    world = Deciding()
    world.request()
    world.look()
    world.ready()
    assert world.look()["status"]["phase"] == "Ready"
    held = {"name": "portal-sandbox", "namespace": HOME, "finalizers": [labels.ENVIRONMENT_FINALIZER]}
    world.cluster.apply(
        {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": held},
        field_manager=labels.OPERATOR_FIELD_MANAGER,
    )
    world.ask("back", "Delete", environmentRef="portal-sandbox")
    found = world.look("back")
    assert found["status"]["phase"] == "Provisioning"
    assert found["status"]["estimate"] == {"monthlyCents": 0, "monthlyChangeCents": -2000}
    assert "deletionTimestamp" in world.live(ENVIRONMENT)["metadata"]
    assert world.look()["status"]["phase"] == "Done"
    world.ready(reason="Deleting")
    assert world.look("back")["status"]["waitingOn"] == "it is Deleting"
    world.cluster.apply(
        {
            "apiVersion": labels.API_VERSION,
            "kind": "Environment",
            "metadata": {"name": "portal-sandbox", "namespace": HOME},
        },
        field_manager=labels.OPERATOR_FIELD_MANAGER,
    )
    assert world.cluster.get(ENVIRONMENT) is None
    assert world.look("back")["status"]["phase"] == "Closed"
    assert world.look()["status"]["phase"] == "Closed"
    writes = list(world.cluster.writes)
    world.look("back")
    world.look()
    assert world.cluster.writes == writes


def test_production_is_given_back_only_with_an_approval() -> None:
    world = Deciding()
    world.place("portal-prod")
    world.ask("back", "Delete", environmentRef="portal-prod")
    found = world.look("back")
    ref = Ref(labels.API_VERSION, "Environment", "portal-prod", HOME)
    assert failing(found) == ["auto-approval"]
    assert world.cluster.get(ref) is not None
    world.say(found, "a")
    world.look("back")
    assert world.cluster.get(ref) is None


@pytest.mark.parametrize(("type_", "rules"), [("Delete", []), ("Change", ["department-active"])])
def test_a_suspended_department_may_only_give_back(type_: str, rules: list[str]) -> None:
    world = Deciding(suspended=True)
    world.place(quota=SMALL | {"cpu": "2"})
    world.ask("one", type_, environmentRef="portal-sandbox", **({"size": "small"} if type_ == "Change" else {}))
    assert failing(world.look("one")) == rules
    assert (world.cluster.get(ENVIRONMENT) is None) is (not rules)


def test_legal_hold_stops_a_delete_before_and_after_the_decision() -> None:
    world = Deciding()
    world.place(legalHold=True)
    world.ask("back", "Delete", environmentRef="portal-sandbox")
    found = world.look("back")
    assert failing(found) == ["legal-hold"]
    world.place(legalHold=True, requestRef={"name": "back", "uid": found["metadata"]["uid"]})
    world.look("back")
    assert world.cluster.get(ENVIRONMENT) is not None


def test_deleting_a_served_request_changes_nothing() -> None:
    world = Deciding()
    world.request()
    world.look()
    before = world.live(ENVIRONMENT)
    world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "first", HOME))
    assert world.live(ENVIRONMENT) == before


def test_a_request_that_was_ready_stays_history() -> None:
    world = Deciding()
    world.request()
    world.look()
    world.ready()
    world.look()
    world.ready(reason="ProbeFailed")
    assert status_of(world.look(), "Ready") == ("True", "Ready")
    change(world, quota=SMALL | {"pods": 10})
    assert world.look()["status"]["phase"] == "Done"


def test_a_transfer_takes_both_departments() -> None:
    world = Deciding()
    world.place("portal-prod")
    world.ask("move", "Transfer", environmentRef="portal-prod", transferTo="health")
    found = world.look("move")
    assert deciding.missing(found) == [("approver", HOME, 1), ("approver", RECEIVER, 1)]
    ours = world.say(found, "a")
    world.look("move")
    new = Ref(labels.API_VERSION, "Environment", "portal-prod", RECEIVER)
    assert world.cluster.get(new) is None
    theirs = world.say(found, "b", where=RECEIVER, by="hans", groups=["health:approver"])
    found = world.look("move")
    assert [world.valid(ours), world.valid(theirs)] == ["Counted", "Counted"]
    made, old = world.live(new), world.live(Ref(labels.API_VERSION, "Environment", "portal-prod", HOME))
    assert made["spec"]["departmentRef"] == "health"
    assert made["spec"]["quota"] == old["spec"]["quota"]
    assert made["metadata"]["annotations"][labels.TRANSFERRED_FROM] == old["metadata"]["uid"]
    assert found["status"]["phase"] == "Provisioning"
    assert world.again
    world.ready("portal-prod", RECEIVER)
    assert world.look("move")["status"]["phase"] == "Provisioning"  # the old one is still there
    world.cluster.delete(Ref(labels.API_VERSION, "Environment", "portal-prod", HOME))
    assert world.look("move")["status"]["phase"] == "Ready"


@pytest.mark.parametrize(
    ("receiver", "spec", "rule"),
    [
        ({}, {"transferTo": "nobody"}, "receiver-known"),
        ({}, {"transferTo": "tax"}, "receiver-known"),
        ({"suspended": True}, {"transferTo": "health"}, "receiver-known"),
        (
            {"quota": {"hard": {"cpu": "500m", "memory": "16Gi", "storage": "80Gi"}}},
            {"transferTo": "health"},
            "quota",
        ),
        ({"maxDataClass": "public"}, {"transferTo": "health"}, "data-class"),
    ],
)
def test_rules_of_a_transfer(receiver: dict[str, Any], spec: dict[str, Any], rule: str) -> None:
    world = Deciding()
    world.second_department(**receiver)
    world.place("portal-prod")
    world.ask("move", "Transfer", environmentRef="portal-prod", **spec)
    assert rule in failing(world.look("move"))


def test_what_the_api_server_refuses_is_said() -> None:
    world = Deciding()
    world.request()

    class Refusing:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.cluster, name)

        def apply(self, *_: Any, **__: Any) -> Any:
            raise errors.Forbidden("apply Environment portal-sandbox: quota exceeded (HTTP 403)")

    ref = requests.request_ref(HOME, "first")
    refusing: Any = Refusing()
    for _ in range(2):
        with pytest.raises(errors.Forbidden):
            requests.reconcile(refusing, ref, world.around())
    found = world.live(ref)
    assert status_of(found, "Ready") == ("False", "Refused")
    assert "quota exceeded" in found["status"]["waitingOn"]
    assert status_of(found, "Approved")[0] == "True"
    assert [verb for verb, _ in world.cluster.writes] == ["patch_status", "patch_status"]
    assert world.look()["status"]["phase"] == "Provisioning"
