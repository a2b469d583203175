"""PolicyExemptions: asked, decided by the platform, over in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import conditions, exemptions, labels
from govcloud_api.v1alpha1 import PolicyExemption
from govcloud_kube import Object
from govcloud_operators.exemption import reconcile as exemption
from support.deciding import Deciding
from support.worlds import HOME, START, status_of

REF = exemption.exemption_ref(HOME, "images")
END = START + timedelta(days=10)
WHERE = labels.APPROVALS_NAMESPACE
PAULA = {"by": "paula", "groups": ["platform:approver"], "where": WHERE, "about": {"kind": "PolicyExemption"}}


def ask(world: Deciding, **spec: Any) -> Object:
    wanted = {
        "environmentRef": "portal-sandbox",
        "rule": "image-registry",
        "reason": "the vendor ships from elsewhere",
        "expiresAt": conditions.timestamp(END),
        "requestedBy": "olga",
    }
    metadata = {"name": "images", "namespace": HOME}
    body = {"apiVersion": labels.API_VERSION, "kind": "PolicyExemption", "metadata": metadata}
    world.cluster.seed(body | {"spec": wanted | spec})
    return look(world)


def look(world: Deciding) -> Object:
    world.again = exemption.reconcile(world.cluster, REF, world.now)
    return world.live(REF)


def active(world: Deciding, environment: str = "portal-sandbox") -> set[str]:
    listed = world.cluster.list(labels.API_VERSION, "PolicyExemption", namespace=HOME)
    return set(exemptions.active([PolicyExemption.parse(obj) for obj in listed], environment, world.now))


def test_it_holds_from_the_decision_to_its_end() -> None:
    world = Deciding()
    world.place()
    found = ask(world)
    assert status_of(found, "Ready") == ("False", "WaitingForApproval")
    assert active(world) == set()
    word = world.say(found, "p", **PAULA)
    assert world.valid(word) == "Counted"
    assert status_of(look(world), "Ready") == ("True", "Holds")
    assert world.again == timedelta(days=10).total_seconds()
    assert active(world) == {"image-registry"}
    assert active(world, "another-sandbox") == set()
    listed = [PolicyExemption.parse(world.live(REF))]
    assert exemptions.next_change(listed, "portal-sandbox", world.now) == END
    world.pass_time(days=10)
    assert active(world) == set()
    found = look(world)
    assert status_of(found, "Expired") == ("True", "Expired")
    assert status_of(found, "Ready") == ("False", "Expired")
    assert world.again is None


def test_a_decision_stays_when_its_word_is_taken_away() -> None:
    world = Deciding()
    world.place()
    world.say(ask(world), "p", **PAULA)
    look(world)
    world.cluster.delete(exemption.Ref(labels.API_VERSION, "Approval", "p", WHERE))
    writes = list(world.cluster.writes)
    assert status_of(look(world), "Ready") == ("True", "Holds")
    assert world.cluster.writes == writes


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"groups": ["tax:approver"]}, "NotAuthorised"),
        ({"by": "olga"}, "SelfApproval"),
        ({"where": HOME}, "WrongPlace"),
        ({"role": "finance", "groups": ["platform:finance"]}, "NotAuthorised"),
        ({"about": {"kind": "PolicyExemption", "specHash": "sha256:" + "0" * 64}}, "StaleHash"),
        ({"about": {"kind": "EnvironmentRequest"}}, "NoSuchRequest"),
    ],
)
def test_only_the_platform_decides(said: dict[str, Any], reason: str) -> None:
    world = Deciding()
    world.place()
    word = world.say(ask(world), "p", **PAULA | said)
    assert world.valid(word) == reason
    assert status_of(look(world), "Approved") == ("False", "WaitingForApproval")
    assert active(world) == set()


def test_a_denial_is_final() -> None:
    world = Deciding()
    world.place()
    found = ask(world)
    world.say(found, "no", verdict="Deny", reason="build it into the mirror", **PAULA)
    found = look(world)
    assert status_of(found, "Approved") == ("False", "Denied")
    world.say(found, "yes", **PAULA | {"by": "pit"})
    assert status_of(look(world), "Approved") == ("False", "Denied")


@pytest.mark.parametrize(
    ("spec", "ready"),
    [
        ({"environmentRef": "nothing"}, "NoSuchEnvironment"),
        ({"requestedBy": None}, "NobodyAsks"),
        ({"expiresAt": "2026-01-01T00:00:00Z"}, "Expired"),
        ({"expiresAt": "2027-02-30T00:00:00Z"}, "Expired"),
    ],
)
def test_what_keeps_it_from_holding(spec: dict[str, Any], ready: str) -> None:
    world = Deciding()
    world.place()
    found = ask(world, **spec)
    world.say(found, "p", **PAULA)
    assert status_of(look(world), "Ready") == ("False", ready)
    assert active(world, spec.get("environmentRef", "portal-sandbox")) == set() or ready == "NoSuchEnvironment"
