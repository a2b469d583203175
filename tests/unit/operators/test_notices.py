"""What a department's people are told at home: their department, and transfers that wait for their word."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import decision, labels, notices
from govcloud_api.v1alpha1 import EnvironmentRequest
from govcloud_kube import Object, Ref
from govcloud_operators.department import incoming
from govcloud_operators.department import reconcile as departments
from support.worlds import HOME, World

DEPARTMENT = Ref(labels.API_VERSION, "Department", "tax")
ABOUT, TRANSFERS = notices.ref(notices.DEPARTMENT, HOME), notices.ref(notices.TRANSFERS, HOME)
GIVER = "dept-health"


def settled(**spec: Any) -> World:
    """The tax department with its home, and another department's home."""
    world = World()
    made = world.department(**spec)
    world.cluster.delete(Ref("v1", "Namespace", HOME))
    assert made["metadata"]["uid"]
    world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": GIVER}})
    return settle(world)


def settle(world: World) -> World:
    for _ in range(3):
        departments.reconcile(world.cluster, "tax", world.now)
        world.count_quotas()
    departments.reconcile(world.cluster, "tax", world.now)
    return world


def transfer(name: str = "move", giver: str = GIVER, **status: Any) -> Object:
    """A request of another department to hand an environment over to tax, as its operator judged it."""
    spec = {
        "type": "Transfer",
        "environmentRef": "portal-prod",
        "transferTo": "tax",
        "justification": {"why": "the law moved"},
        "requestedBy": "hanna",
    }
    obj = {
        "apiVersion": labels.API_VERSION,
        "kind": "EnvironmentRequest",
        "metadata": {"name": name, "namespace": giver, "uid": f"uid-{giver}-{name}", "labels": {"secret": "yes"}},
        "spec": spec,
    }
    seat = {"role": "approver", "scope": "receiver", "department": "tax", "namespace": HOME, "missing": 1}
    judged = {
        "phase": "PolicyChecked",
        "specHash": decision.spec_hash(EnvironmentRequest.parse(obj).spec),
        "requiredApprovals": [seat],
        "environmentRef": {"name": "portal-prod", "uid": "unknown"},
    }
    return obj | {"status": judged | status}


def given(world: World) -> str:
    """The environment that the other department hands over; gives its UID."""
    spec = {"departmentRef": "health", "product": "portal", "purpose": "production"}
    metadata = {"name": "portal-prod", "namespace": GIVER, "annotations": {"state.govcloud.internal/x": "kept back"}}
    body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}
    return str(world.cluster.seed(body | {"status": {"namespace": "health-portal-prod"}})["metadata"]["uid"])


def test_people_read_their_department_at_home() -> None:
    world = settled(maxDataClass="confidential")
    live = world.live(DEPARTMENT)
    found = notices.department(world.live(ABOUT))
    assert found is not None
    assert found["metadata"] == {"name": "tax", "uid": live["metadata"]["uid"], "generation": 1}
    assert found["spec"]["maxDataClass"] == "confidential"
    assert found["spec"]["quota"] == live["spec"]["quota"]
    assert world.cluster.get(TRANSFERS) is None


def test_a_changed_department_is_told_again_and_nothing_else_is_written() -> None:
    world = settled()
    world.change(DEPARTMENT, suspended=True)
    before = len(world.cluster.writes)
    settle(world)
    told = notices.department(world.live(ABOUT))
    assert told is not None
    assert told["spec"]["suspended"] is True
    assert [ref for verb, ref in world.cluster.writes[before:] if verb == "apply"] == [ABOUT]
    before = len(world.cluster.writes)
    departments.reconcile(world.cluster, "tax", world.now)
    assert len(world.cluster.writes) == before


def test_a_notice_that_somebody_altered_is_put_right() -> None:
    world = settled()
    told = world.live(ABOUT)["data"]
    for data in ({"department.json": "{}"}, {"more": "of mine"}):
        world.cluster.apply(notices.config_map(ABOUT.name, HOME, data), field_manager="somebody")
        settle(world)
        assert world.live(ABOUT)["data"] == told
    world.cluster.delete(ABOUT)
    settle(world)
    assert world.live(ABOUT)["data"] == told


def test_people_are_told_which_authority_to_trust() -> None:
    world, trusted = settled(), notices.ref(notices.AUTHORITY, HOME)
    assert world.cluster.get(trusted) is None
    for certificate in ("one", "another"):
        departments.reconcile(world.cluster, "tax", world.now, certificate)
        assert notices.authority(world.live(trusted)) == certificate
    before = len(world.cluster.writes)
    departments.reconcile(world.cluster, "tax", world.now, "another")
    departments.reconcile(world.cluster, "tax", world.now, "")  # it cannot be told now: what was told stays
    assert len(world.cluster.writes) == before
    assert notices.authority(world.live(trusted)) == "another"


def test_nothing_is_told_before_the_home_counts_its_objects() -> None:
    world = World()
    world.department()
    departments.reconcile(world.cluster, "tax", world.now)
    departments.reconcile(world.cluster, "tax", world.now)
    assert world.cluster.get(ABOUT) is None


def test_a_transfer_is_shown_to_its_receiver_with_the_environment_and_nothing_more() -> None:
    world = settled()
    uid = given(world)
    world.cluster.seed(transfer(environmentRef={"name": "portal-prod", "uid": uid}))
    settle(world)
    [offer] = notices.transfers(world.live(TRANSFERS))
    assert offer.is_genuine
    assert offer.request["metadata"].keys() == {"name", "namespace", "uid", "creationTimestamp"}
    assert offer.request["status"]["requiredApprovals"][0]["namespace"] == HOME
    assert offer.environment is not None
    assert offer.environment.keys() == {"metadata", "spec"}
    assert offer.environment["metadata"] == {"name": "portal-prod", "uid": uid}


def test_a_successor_of_the_same_name_is_not_shown() -> None:
    world = settled()
    given(world)
    world.cluster.seed(transfer())
    settle(world)
    [offer] = notices.transfers(world.live(TRANSFERS))
    assert offer.environment is None


@pytest.mark.parametrize("phase", ["Approved", "Provisioning", "Ready", "Denied", "Closed"])
def test_what_is_decided_is_shown_no_more(phase: str) -> None:
    world = settled()
    asked = world.cluster.seed(transfer())
    settle(world)
    assert len(notices.transfers(world.live(TRANSFERS))) == 1
    world.cluster.patch_status(asked | {"status": asked["status"] | {"phase": phase}}, field_manager="operator")
    settle(world)
    assert world.cluster.get(TRANSFERS) is None


def test_of_two_the_one_that_goes_leaves_the_other() -> None:
    world = settled()
    for name in ("one", "two"):
        world.cluster.seed(transfer(name))
    settle(world)
    world.cluster.delete(Ref(labels.API_VERSION, "EnvironmentRequest", "one", GIVER))
    settle(world)
    assert [offer.request["metadata"]["name"] for offer in notices.transfers(world.live(TRANSFERS))] == ["two"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"spec": {"type": "Create"}}, "another type"),
        ({"status": {}}, "not judged yet"),
        ({"status": {"phase": "PolicyChecked", "requiredApprovals": []}}, "nobody is asked"),
        (
            {"status": {"phase": "PolicyChecked", "requiredApprovals": [{"namespace": GIVER}]}},
            "only the giver is asked",
        ),
        ({"metadata": {"name": "m", "namespace": HOME, "uid": "u"}}, "of the own home"),
        ({"metadata": {"name": "m", "namespace": GIVER, "uid": "u", "deletionTimestamp": "now"}}, "cancelled"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_waits_for_no_word_of_the_home_is_not_shown(change: dict[str, Any], why: str) -> None:
    assert incoming.waiting([transfer()], HOME)
    assert incoming.waiting([transfer() | change], HOME) == [], why


def test_a_flood_of_one_department_hides_nobody_elses_request() -> None:
    flood = [made(f"f{n:03}", "dept-noisy", f"2026-01-01T00:00:{n % 60:02}Z") for n in range(100)]
    late = [made("late", f"dept-d{n}", "2026-02-01T00:00:00Z") for n in range(10)]
    shown = incoming.waiting([*flood, *late], HOME)
    assert len(shown) == incoming.MOST
    assert {item["metadata"]["namespace"] for item in shown[:11]} == {"dept-noisy", *(f"dept-d{n}" for n in range(10))}


def made(name: str, giver: str, moment: str) -> Object:
    asked = transfer(name, giver)
    return asked | {"metadata": asked["metadata"] | {"creationTimestamp": moment}}


def test_the_notice_stays_within_what_an_object_may_have() -> None:
    large = [transfer(f"n{number}") for number in range(incoming.MOST)]
    for item in large:
        item["spec"]["justification"] = {"why": "ü" * 20_000}
    found = incoming.content(notices.Offer(request=item) for item in large)
    assert 0 < len(found) < incoming.MOST
    assert sum(len(text.encode()) for text in found.values()) <= incoming.MOST_BYTES


@pytest.mark.parametrize("why", ["the law moved", "something else"])
def test_a_text_that_the_hash_is_not_about_is_told_apart(why: str) -> None:
    asked = transfer()
    asked["spec"]["justification"]["why"] = why
    assert notices.Offer(request=asked).is_genuine is (why == "the law moved")


@pytest.mark.parametrize("data", [None, {}, {"department.json": "no json"}, {"department.json": "[]"}])
def test_what_is_no_notice_is_none(data: dict[str, str] | None) -> None:
    assert notices.department({"data": data}) is None
    assert notices.department(None) is None
    assert notices.transfers({"data": data}) == []
