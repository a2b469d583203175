"""What departments' own objects say: budgets, and which part of the cloud is whose."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import InvalidSpec
from govcloud_monitoring.accountant.departments import departments, families
from govcloud_monitoring.folding import MAX_DEPARTMENTS, OTHER
from support.samples import sample

NOW = datetime(2026, 11, 3, tzinfo=UTC)
HARD = {"cpu": "1", "memory": "1Gi", "storage": "1Gi"}


def department(code: str, **more: Any) -> dict[str, Any]:
    spec = {"code": code, "displayName": code, "quota": {"hard": HARD}, **more}
    return sample("Department", code, spec, namespace="")


def shown(*found: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Values by metric and department."""
    return {
        (family.name, each.labels["department"]): each.value
        for family in families(departments(found, (), NOW))
        for each in family.samples
    }


def entitled(*found: dict[str, Any]) -> dict[str, float]:
    return {
        code: value for (name, code), value in shown(*found).items() if name == "govcloud_department_entitled_ratio"
    }


def test_departments_of_which_nothing_is_said_are_entitled_to_the_same():
    assert entitled(department("tax"), department("roads")) == {"tax": 0.5, "roads": 0.5}


def test_weights_are_parts_of_their_sum():
    assert entitled(department("tax", entitlementWeight=3), department("roads")) == {"tax": 0.75, "roads": 0.25}


def test_only_a_department_with_a_budget_has_one():
    found = shown(department("tax", monthlyBudgetCents=150), department("roads"))
    assert {code: value for (name, code), value in found.items() if name == "govcloud_department_month_budget"} == {
        "tax": 1.5
    }


def test_without_departments_there_is_nothing():
    assert shown() == {}


@pytest.mark.parametrize("weight", [0, -1, 1001, "many"])
def test_a_weight_beyond_the_bounds_is_refused(weight: Any):
    with pytest.raises(InvalidSpec):
        departments([department("tax", entitlementWeight=weight)], (), NOW)


def test_departments_beyond_the_limit_share_one_series_and_lose_nothing():
    found = entitled(*(department(f"d{number:04}") for number in range(MAX_DEPARTMENTS + 3)))
    assert len(found) == MAX_DEPARTMENTS + 1
    assert found[OTHER] == pytest.approx(3 * found["d0000"])


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_all_together_are_entitled_to_the_whole(weights: list[int]):
    found = entitled(*(department(f"d{number}", entitlementWeight=weight) for number, weight in enumerate(weights)))
    assert math.isclose(sum(found.values()), 1)
