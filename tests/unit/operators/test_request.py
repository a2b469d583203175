"""EnvironmentRequest: the rules and what comes out of them."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import conditions, labels
from govcloud_kube import Object, Ref
from govcloud_operators.environment_request import reconcile as requests
from support.deciding import Deciding, failing
from support.worlds import ENVIRONMENT, HOME, status_of


def reconcile(world: Deciding, name: str = "first") -> Object:
    return world.look(name)


def test_a_sandbox_within_quota_is_granted() -> None:
    world = Deciding()
    world.request()
    found = reconcile(world)
    made = world.live(ENVIRONMENT)
    assert made["spec"]["quota"] == {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20}
    assert made["spec"]["expiresAt"] == "2026-03-31T12:00:00Z"
    assert made["spec"]["requestRef"]["uid"] == found["metadata"]["uid"]
    assert status_of(found, "Approved") == ("True", "ApprovedByPolicy")
    assert status_of(found, "Provisioned") == ("True", "Applied")
    assert found["status"]["phase"] == "Provisioning"
    assert found["status"]["environmentRef"]["uid"] == made["metadata"]["uid"]
    assert found["status"]["specHash"].startswith("sha256:")


@pytest.mark.parametrize(
    ("department", "spec", "rules", "waits"),
    [
        ({}, {"purpose": "production"}, ["auto-approval"], "an approver"),
        ({}, {"purpose": "development"}, ["auto-approval"], "an approver"),
        ({"suspended": True}, {}, ["department-active"], "suspended"),
        ({}, {"size": "large"}, ["quota"], "choose a smaller size"),
        ({}, {"lifetimeDays": 91}, ["lifetime"], "at most 90 days"),
        ({}, {"tierRef": "critical"}, ["auto-approval"], "an approver"),
        ({"serviceTierRef": "basic"}, {"tierRef": "standard"}, ["auto-approval"], "an approver"),
        ({}, {"network": {"egress": "public"}}, ["auto-approval"], "an approver"),
        ({"maxDataClass": "secret"}, {"dataClass": "confidential"}, ["auto-approval"], "an approver"),
        ({"maxDataClass": "secret"}, {"dataClass": "secret"}, ["auto-approval"], "an approver"),
        ({}, {"requestedBy": None}, ["requester-known"], "ask again"),
        (
            {"suspended": True},
            {"size": "large", "purpose": "test"},
            ["department-active", "quota", "auto-approval"],
            "quota",
        ),
    ],
)
def test_what_does_not_pass_waits_and_says_why(
    department: dict[str, Any], spec: dict[str, Any], rules: list[str], waits: str
) -> None:
    world = Deciding(**department)
    world.request(**spec)
    found = reconcile(world)
    assert failing(found) == rules
    assert found["status"]["phase"] == "PolicyChecked"
    assert waits in found["status"]["waitingOn"]
    assert status_of(found, "Approved")[0] == "False"
    assert world.cluster.list(labels.API_VERSION, "Environment") == []


@pytest.mark.parametrize(
    ("department", "tier"), [("standard", "basic"), ("standard", "standard"), ("critical", "critical")]
)
def test_no_better_tier_than_the_departments_own_needs_nobody(department: str, tier: str) -> None:
    world = Deciding(serviceTierRef=department)
    world.request(tierRef=tier)
    assert failing(reconcile(world)) == []
    assert world.live(ENVIRONMENT)["spec"]["tierRef"] == tier


def test_a_person_may_grant_what_policy_alone_does_not() -> None:
    """Also where the policy grants everything else."""
    world = Deciding()
    world.request(tierRef="critical")
    world.say(reconcile(world), "yes")
    assert status_of(reconcile(world), "Approved") == ("True", "ApprovedByPeople")
    assert world.live(ENVIRONMENT)["spec"]["tierRef"] == "critical"


def test_every_rule_says_what_was_measured() -> None:
    world = Deciding()
    world.request(size="large")
    found = reconcile(world)
    quota = next(r for r in found["status"]["policyResults"] if r["rule"] == "quota")
    assert quota["measured"] == "allocated 0/0/0, asked 16/32Gi/200Gi, limit 8/16Gi/80Gi"
    assert "cpu: 0 of 8 is allocated, 16 was asked, at most 8 passes" in quota["message"]


def test_the_sum_of_all_environments_counts() -> None:
    world = Deciding(quota={"hard": {"cpu": "2", "memory": "16Gi", "storage": "80Gi"}})
    for number in range(3):
        world.request(f"r{number}", product=f"p{number}")
    phases = [reconcile(world, f"r{number}")["status"]["phase"] for number in range(3)]
    assert phases == ["Provisioning", "Provisioning", "PolicyChecked"]
    assert len(world.cluster.list(labels.API_VERSION, "Environment")) == 2


def test_it_passes_once_there_is_room() -> None:
    world = Deciding(quota={"hard": {"cpu": "1", "memory": "16Gi", "storage": "80Gi"}})
    world.request("one", product="one")
    world.request("two", product="two")
    reconcile(world, "one")
    assert failing(reconcile(world, "two")) == ["quota"]
    world.cluster.delete(Ref(labels.API_VERSION, "Environment", "one-sandbox", HOME))
    assert reconcile(world, "two")["status"]["phase"] == "Provisioning"


def test_a_taken_name_waits() -> None:
    world = Deciding()
    world.request("one")
    world.request("two")
    reconcile(world, "one")
    found = reconcile(world, "two")
    assert failing(found) == ["name-free"]
    assert "from request one" in found["status"]["waitingOn"]


def test_a_request_is_served_once() -> None:
    world = Deciding()
    world.request()
    reconcile(world)
    world.cluster.delete(ENVIRONMENT)
    found = reconcile(world)
    assert found["status"]["phase"] == "Closed"
    assert world.cluster.get(ENVIRONMENT) is None


def test_a_crash_after_creation_loses_nothing() -> None:
    world = Deciding()
    request = world.request()
    world.environment(request)
    found = reconcile(world)
    assert found["status"]["environmentRef"]["name"] == "portal-sandbox"
    assert len(world.cluster.list(labels.API_VERSION, "Environment")) == 1


def test_the_environments_trouble_is_shown_to_who_asked() -> None:
    world = Deciding()
    world.request()
    reconcile(world)
    trouble = conditions.Condition(type="Ready", status="False", reason="NamespaceTaken", message="choose another")
    status = {"conditions": conditions.merge([], [trouble], generation=1, now=world.now)}
    world.cluster.patch_status(world.live(ENVIRONMENT) | {"status": status}, field_manager="x")
    found = reconcile(world)
    assert status_of(found, "Ready") == ("False", "NamespaceTaken")
    assert found["status"]["waitingOn"] == "choose another"


@pytest.mark.parametrize("case", ["no label", "other owner", "other name"])
def test_only_a_departments_own_home_counts(case: str) -> None:
    world = Deciding()
    world.request()
    home = world.live(Ref("v1", "Namespace", HOME))
    changed = {
        "no label": {"labels": {labels.MANAGED_BY: labels.MANAGER}, "annotations": home["metadata"]["annotations"]},
        "other owner": {"labels": home["metadata"]["labels"], "annotations": {labels.OWNER_UID: "another"}},
        "other name": {
            "labels": home["metadata"]["labels"] | {labels.DEPARTMENT: "health"},
            "annotations": home["metadata"]["annotations"],
        },
    }
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME} | changed[case]})
    assert "department-active" in failing(reconcile(world))


def test_a_second_look_writes_nothing() -> None:
    world = Deciding()
    world.request()
    world.request("second", purpose="production")
    for name in ("first", "second"):
        reconcile(world, name)
    before = list(world.cluster.writes)
    for name in ("first", "second"):
        world.pass_time(minutes=5)
        reconcile(world, name)
    assert world.cluster.writes == before


def test_the_hash_is_of_the_whole_spec() -> None:
    world = Deciding()
    world.request("a", product="one")
    world.request("b", product="two")
    hashes = {reconcile(world, name)["status"]["specHash"] for name in ("a", "b")}
    assert len(hashes) == 2


def test_nothing_is_made_for_a_request_that_goes() -> None:
    world = Deciding()
    request = world.request()
    held = {"name": "first", "namespace": HOME, "finalizers": ["example.org/x"]}
    world.cluster.apply(
        {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": held, "spec": request["spec"]},
        field_manager="x",
    )
    world.cluster.delete(requests.request_ref(HOME, "first"))
    reconcile(world)
    assert world.cluster.get(ENVIRONMENT) is None
