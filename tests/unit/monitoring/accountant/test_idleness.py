"""Environments that hold CPU or volumes for five weeks and use none of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from govcloud_monitoring.accountant import idleness
from govcloud_monitoring.accountant.idleness import idle_environments
from govcloud_monitoring.prometheus import Sample, Vector

NOW = datetime(2026, 11, 3, tzinfo=UTC)
HOURS = 35 * 24


def found(
    *, reserved: float = 1.0, hours: float = HOURS, mean: float = 0.0, high: float = 0.0, owned: bool = True
) -> int:
    """Idle environments among one with these figures, beside one of roads that works."""

    def ask(expression: str, at: datetime) -> Vector:
        assert at == NOW
        if expression == "govcloud_namespace_owner_info":
            owners = {"roads-a": "roads"} | ({"tax-a": "tax"} if owned else {})
            return tuple(Sample({"namespace": name, "department": owner}, 1) for name, owner in owners.items())
        if "unmounted" in expression:
            return ()
        values = {
            "avg_over_time((": (reserved, 1.0),
            "count_over_time": (hours, HOURS),
            "quantile_over_time": (high, 0.9),
        }
        tax, roads = next((each for start, each in values.items() if expression.startswith(start)), (mean, 0.9))
        return (Sample({"namespace": "tax-a"}, tax), Sample({"namespace": "roads-a"}, roads))

    counts = idle_environments(ask, NOW)
    assert set(counts) <= {("tax", "no_cpu")}
    return counts.get(("tax", "no_cpu"), 0)


@pytest.mark.parametrize(
    ("figures", "idle"),
    [
        ({}, 1),
        ({"mean": 0.0099, "high": 0.0099}, 1),
        ({"mean": 0.01}, 0),
        ({"high": 0.01}, 0),
        ({"hours": HOURS * 0.96}, 1),
        ({"hours": HOURS * 0.9}, 0),
        ({"hours": 24}, 0),
        ({"reserved": 0.0}, 0),
        ({"owned": False}, 0),
    ],
)
def test_idle_is_who_reserves_for_long_and_uses_less_than_a_hundredth(figures: dict[str, Any], idle: int):
    assert found(**figures) == idle


def test_without_a_past_nobody_is_judged():
    assert idle_environments(lambda expression, at: (), NOW) == {}


def unmounted(fewest: float, hours: float = HOURS, *, owned: bool = True) -> idleness.Counts:
    """Of one environment with volume claims."""

    def ask(expression: str, at: datetime) -> Vector:
        assert at == NOW
        if expression == "govcloud_namespace_owner_info":
            return (Sample({"namespace": "tax-a", "department": "tax"}, 1),) if owned else ()
        values = {"min_over_time((max by (namespace) (govcloud_namespace_unm": fewest, "count_over_time((max": hours}
        return tuple(
            Sample({"namespace": "tax-a"}, value) for start, value in values.items() if expression.startswith(start)
        )

    return idle_environments(ask, NOW)


@pytest.mark.parametrize(
    ("found", "count"),
    [
        (unmounted(2), 2),
        (unmounted(0), 0),
        (unmounted(2, hours=HOURS * 0.9), 0),
        (unmounted(2, owned=False), 0),
    ],
)
def test_volumes_are_idle_that_nothing_mounted_at_any_hour(found: idleness.Counts, count: int):
    assert found == ({("tax", "unmounted_claim"): count} if count else {})
