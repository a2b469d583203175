"""The page of figures: a goal that is missed says so, and why."""

from typing import Any

import pytest
from tests.bench import page

CPU = "operator: processor time a change"


def figure(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "ms", "goal": goal, "how": "so", "measured_on": "2026-11-29"}


@pytest.mark.parametrize(
    ("value", "goal", "cell"), [(2, 1, "1 ms | **no** |"), (1, 1, "1 ms | yes |"), (2, 0, "- | - |")]
)
def test_a_figure_is_held_against_its_goal(value: float, goal: float, cell: str) -> None:
    assert f"| x | {value:.2f} ms | {cell} so |" in page.page([figure("x", value, goal)], {"etcd": "3"})


@pytest.mark.parametrize(("value", "told"), [(7, True), (0.5, False)])
def test_a_missed_goal_has_its_reason(value: float, told: bool) -> None:
    text = page.page([figure(CPU, value, 0.75)], {})
    assert ("## Not reached, and why" in text) == told
    assert (f"**{CPU}**: A change is two events" in text) == told
