"""Rules in the hands of somebody who does not see everything: what is hidden is judged by no rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from govcloud_api.rules import checks, price
from govcloud_api.rules.observed import Observed, Part
from govcloud_api.rules.terms import USUAL_TIER
from govcloud_api.v1alpha1 import Department, Environment, EnvironmentRequest
from support import tenants

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ALL: frozenset[Part] = frozenset(get_args(Part))
BLIND: dict[str, Any] = {"Create": {"product": "portal", "purpose": "test"}, "Change": {"size": "large"}}


def observed(type_: str, *, hidden: frozenset[Part] = frozenset(), **parts: Any) -> Observed:
    """A request of this type about the environment `forms-prod`; nothing is seen but what is given."""
    about = {} if type_ == "Create" else {"environmentRef": "forms-prod"}
    more = {"Transfer": {"transferTo": "civil"}, "Extend": {"lifetimeDays": 5}} | BLIND
    spec = {"type": type_, "justification": {"why": "w"}} | about | more.get(type_, {})
    obj = {"metadata": {"name": "new", "namespace": "dept-tax"}, "spec": spec}
    return Observed(request=EnvironmentRequest.parse(obj), now=NOW, hidden=hidden, **parts)


def rules(seen: Observed) -> list[str]:
    return [found.rule for found in checks.evaluate(seen)]


ENVIRONMENT = Environment.parse(tenants.environment())
DEPARTMENT = Department.parse(tenants.department())


@pytest.mark.parametrize(
    ("type_", "left"),
    [
        ("Create", ["lifetime", "members", "hosts"]),
        ("Change", ["members", "hosts"]),
        ("Extend", ["lifetime"]),
        ("Transfer", ["legal-hold"]),
        ("Delete", ["legal-hold"]),
    ],
)
def test_who_sees_nothing_is_told_what_the_request_itself_says(type_: str, left: list[str]) -> None:
    assert rules(observed(type_, hidden=ALL, environments=(ENVIRONMENT,))) == left


@pytest.mark.parametrize("part", sorted(ALL))
@pytest.mark.parametrize("type_", ["Create", "Change", "Extend", "Transfer", "Delete"])
def test_what_is_hidden_takes_its_rules_along_and_no_others(type_: str, part: Part) -> None:
    given: dict[str, Any] = {"department": DEPARTMENT, "environments": (ENVIRONMENT,), "receiver": DEPARTMENT}
    whole = rules(observed(type_, **given))
    less = rules(observed(type_, hidden=frozenset({part}), **given))
    gone = {row.rule for row in checks.ROWS if part in row.needs}
    assert [name for name in whole if name in less] == less
    assert len(whole) - len(less) <= len(gone)
    assert part in ("hosts",) or gone, f"{part} is needed by no rule"


def test_a_department_that_is_not_there_is_another_thing_than_one_that_is_hidden() -> None:
    assert rules(observed("Create")) == ["department-active", "requester-known"]
    hidden = observed("Create", hidden=frozenset({"department"}))
    assert "department-active" not in rules(hidden)
    assert hidden.wanted is not None
    assert hidden.wanted.tier == USUAL_TIER


def test_without_a_tier_there_is_no_price() -> None:
    assert price.estimate(observed("Create", department=DEPARTMENT)) is None
