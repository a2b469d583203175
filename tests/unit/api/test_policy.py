"""Shares, prices and lifetimes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import policy
from govcloud_api.v1alpha1.department import Department
from govcloud_api.v1alpha1.environment import EnvironmentQuota
from govcloud_api.v1alpha1.service_tier import Prices

PRICES = Prices(cpu_core_cents=1500, memory_gib_cents=200, storage_gib_cents=10)
DEAR = Prices(cpu_core_cents=3000, memory_gib_cents=400, storage_gib_cents=20)
AMOUNTS = st.integers(min_value=0, max_value=10**6)
SHARES = st.builds(
    lambda cpu, memory, storage: policy.Share(
        cpu_millicores=cpu, memory_bytes=memory * 2**20, storage_bytes=storage * 2**20
    ),
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
)
MEDIUM = policy.quota_share(policy.SIZES["medium"])
SMALL = policy.quota_share(policy.SIZES["small"])


def test_an_estimate_says_the_price_and_the_change() -> None:
    assert policy.estimate(SMALL, PRICES).wire() == {"monthlyCents": 2000, "monthlyChangeCents": 2000}
    assert policy.estimate(MEDIUM, PRICES, SMALL).wire() == {"monthlyCents": 8100, "monthlyChangeCents": 6100}
    assert policy.estimate(SMALL, PRICES, MEDIUM).monthly_change_cents == -6100
    assert policy.estimate(SMALL, DEAR, SMALL, PRICES).monthly_change_cents == 2000


@given(SHARES, SHARES)
def test_together_is_never_dearer_than_apart(one: policy.Share, other: policy.Share) -> None:
    together = policy.monthly_cents(one + other, PRICES)
    apart = policy.monthly_cents(one, PRICES) + policy.monthly_cents(other, PRICES)
    assert apart - 3 <= together <= apart  # each of three parts rounds up once more


@given(SHARES, SHARES)
def test_a_change_and_its_reverse_cancel(one: policy.Share, other: policy.Share) -> None:
    there = policy.estimate(other, PRICES, one, DEAR).monthly_change_cents
    assert there == -policy.estimate(one, DEAR, other, PRICES).monthly_change_cents


@pytest.mark.parametrize(
    ("cpu", "memory", "storage", "size"),
    [
        ("1", "2Gi", "10Gi", "small"),
        ("100m", "2049Mi", "1Gi", "medium"),
        ("16", "32Gi", "200Gi", "large"),
        ("17", "1Gi", "1Gi", None),
    ],
)
def test_the_smallest_size_that_holds_it(cpu: str, memory: str, storage: str, size: str | None) -> None:
    assert policy.size_fitting(EnvironmentQuota(cpu=cpu, memory=memory, storage=storage, pods=1)) == size


@pytest.mark.parametrize(
    ("purpose", "asked", "days"),
    [("sandbox", None, 30), ("sandbox", 7, 7), ("development", None, 180), ("production", None, None), ("test", 5, 5)],
)
def test_lifetimes(purpose: str, asked: int | None, days: int | None) -> None:
    assert policy.lifetime_days(purpose, asked) == days


def test_extensions_end_at_twice_the_longest_life() -> None:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    assert policy.latest_end("sandbox", created) == datetime(2026, 6, 30, tzinfo=UTC)
    assert policy.latest_end("production", created) is None


@pytest.mark.parametrize(
    ("floor", "within"),
    [
        (None, False),
        ({"cpu": "1", "memory": "2Gi", "storage": "10Gi"}, True),
        ({"cpu": "1", "memory": "1Gi", "storage": "10Gi"}, False),
    ],
)
def test_the_floor(floor: dict[str, str] | None, within: bool) -> None:
    hard = {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}
    quota = {"hard": hard} | ({"floor": floor} if floor else {})
    spec = {"code": "tax", "displayName": "Tax", "quota": quota}
    assert policy.within_floor(Department.parse({"metadata": {"name": "tax"}, "spec": spec}), SMALL) is within
