"""Whose a namespace was: an amount is parted by who held it, whole, and nobody is asked where nothing changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.accountant.evidence.owning import Owner, Owners, owners, parted, parts
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.prometheus import AskAt, Sample, Vector

START = datetime(2026, 11, 3, 10, tzinfo=UTC)
HOUR = Stretch(start=START, end=START + timedelta(hours=1))
TAX, HEALTH, DEARER = (
    Owner("tax", "a", "test", "standard"),
    Owner("health", "a", "test", "standard"),
    Owner("tax", "a", "test", "critical"),
)


def labels(owner: Owner, namespace: str = "x") -> dict[str, str]:
    names = ("department", "project", "purpose", "tier")
    values = (owner.department, owner.product, owner.purpose, owner.tier)
    return {"namespace": namespace, **dict(zip(names, values, strict=True))}


def prometheus(was: list[dict[str, str]], now: list[dict[str, str]]) -> AskAt:
    def ask(expression: str, at: datetime) -> Vector:
        assert "group_left" not in expression
        return tuple(Sample(each, 1) for each in (was if expression.startswith("last_over_time") else now))

    return ask


@pytest.mark.parametrize(
    ("was", "now", "last", "moved"),
    [
        ([TAX], [TAX], TAX, False),
        ([TAX], [], TAX, False),
        ([TAX, HEALTH], [HEALTH], HEALTH, True),
        ([HEALTH, TAX], [TAX], TAX, True),
        ([TAX, DEARER], [DEARER], DEARER, True),
        ([], [HEALTH], HEALTH, False),
    ],
)
def test_the_last_owner_and_all_of_them(was: list[Owner], now: list[Owner], last: Owner, moved: bool):
    ask = prometheus([labels(each) for each in was], [labels(each) for each in now])
    found = owners(HOUR, ask)
    assert found.last == {"x": last}
    assert found.ever == {"x": frozenset({*was, *now})}
    assert found.moved == ({"x"} if moved else set())
    assert found.namespaces() == {each.department: {"x"} for each in (*was, *now)}


def test_nothing_is_asked_where_nothing_changed():
    assert parts(HOUR, prometheus([], []), "series", Owners(last={"x": TAX}, ever={"x": frozenset({TAX})})) == {}


def test_parts_are_of_namespaces_that_changed_hands_alone():
    known = Owners(last={"x": HEALTH, "y": TAX}, ever={"x": frozenset({TAX, HEALTH}), "y": frozenset({TAX})})

    def ask(expression: str, at: datetime) -> Vector:
        return (
            Sample(labels(TAX) | {"pool": "workers"}, 30),
            Sample(labels(HEALTH) | {"pool": "workers"}, 90),
            Sample(labels(TAX, "y"), 120),
        )

    assert parts(HOUR, ask, "series", known) == {("x", "workers"): {TAX: 30, HEALTH: 90}}


@given(amount=st.integers(0, 10**15), held=st.dictionaries(st.sampled_from([TAX, HEALTH, DEARER]), st.floats(0, 1e9)))
def test_parts_sum_to_the_whole(amount: int, held: dict[Owner, float]):
    found = parted(amount, {owner: Fraction(value) for owner, value in held.items()}, TAX)
    assert sum(found.values()) == amount
    assert all(part >= 0 for part in found.values())
    assert found == {TAX: amount} or set(found) == set(held)
