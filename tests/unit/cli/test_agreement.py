"""What the command line forecasts is what the operator then judges: the same rules, the same words, the same price."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api.requests import Wish
from govcloud_cli.tenancy import case, verdict
from govcloud_kube import Object
from support.deciding import Deciding

NOT_FORECAST = {"auto-approval", "hosts"}
"""Whether policy grants it is said apart; whether others have a host name only the operator sees."""
LARGE = {"cpu": "16", "memory": "32Gi", "storage": "200Gi", "pods": 150}


def asked(world: Deciding, type_: str, spec: dict[str, Any]) -> Object:
    if type_ == "Create":
        return world.ask("first", type_, **({"product": "forms", "purpose": "test"} | spec))
    return world.ask("first", type_, **({"environmentRef": "portal-sandbox"} | spec))


@pytest.mark.parametrize(
    ("type_", "spec", "failing"),
    [
        ("Create", {}, set()),
        ("Create", {"purpose": "production", "size": "medium"}, set()),
        ("Create", {"size": "large"}, {"quota"}),
        ("Create", {"dataClass": "secret"}, {"data-class"}),
        ("Create", {"product": "portal", "purpose": "sandbox", "lifetimeDays": 91}, {"name-free", "lifetime"}),
        ("Create", {"tierRef": "gold"}, {"tier-known"}),
        ("Create", {"members": [{"kind": "User", "name": "system:x", "role": "editor"}]}, {"members"}),
        ("Change", {"quota": LARGE}, {"quota"}),
        ("Change", {"quota": {"cpu": "500m", "memory": "1Gi", "storage": "5Gi", "pods": 10}}, set()),
        ("Change", {"environmentRef": "none-test", "size": "small"}, {"environment-exists"}),
        ("Extend", {"lifetimeDays": 10}, {"lifetime"}),
        ("Transfer", {"transferTo": "health"}, set()),
        ("Transfer", {"transferTo": "tax"}, {"receiver-known"}),
        ("Delete", {}, set()),
    ],
)
def test_the_forecast_is_what_the_operator_says(type_: str, spec: dict[str, Any], failing: set[str]) -> None:
    world = Deciding()
    world.place()
    request = asked(world, type_, spec)
    wish = Wish(department="tax", why="test", type=type_, transfer_to=spec.get("transferTo"))
    found = verdict.judge(request, case.look(world.cluster, wish), world.now)
    status = world.look()["status"]
    judged = {item["rule"]: item for item in status["policyResults"] if item["rule"] not in NOT_FORECAST}
    forecast = {rule.rule: rule.wire() for rule in found.rules if rule.rule not in NOT_FORECAST}
    assert forecast == judged
    assert {rule.rule for rule in found.rules if not rule.pass_} == failing
    assert (found.estimate.wire() if found.estimate else None) == status.get("estimate")
    granted = status["phase"] in ("Provisioning", "Approved") or status["conditions"][1]["reason"] == "ApprovedByPolicy"
    assert found.granted is granted


def test_an_older_request_about_the_same_environment_is_told_before_one_asks() -> None:
    world = Deciding()
    world.place()
    world.ask("earlier", "Delete", environmentRef="portal-sandbox")
    world.pass_time(seconds=5)
    wanted = {"type": "Extend", "environmentRef": "portal-sandbox", "lifetimeDays": 9, "justification": {"why": "w"}}
    request = {
        "kind": "EnvironmentRequest",
        "metadata": {"namespace": "dept-tax", "generateName": "x-"},
        "spec": wanted,
    }
    found = verdict.judge(request, case.look(world.cluster, Wish(department="tax", why="w", type="Extend")), world.now)
    [rule] = [rule for rule in found.rules if rule.rule == "no-open-request"]
    assert (rule.pass_, rule.measured) == (False, "earlier")
