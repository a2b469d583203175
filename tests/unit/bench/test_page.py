"""The page of figures: a goal that is missed says so, and why."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bench import exporter, exposition, forecasts, page

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


def names() -> Iterator[str]:
    """Of figures: those that are written down as they are, and those that have a reason and are put together."""
    for module in Path(page.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="figure"), args=[ast.Constant(value=str(name)), *_]):
                    yield name
    yield from (exposition.named(series, told) for series in exposition.SIZES for told in exposition.OURS.values())
    yield from map(forecasts.named, forecasts.LOADS)
    yield from (exporter.named(work, exporter.OURS) for work in exporter.WORDS)


def test_reasons_are_those_of_figures_that_there_are() -> None:
    assert set(page.WHY) <= set(names())


def test_a_goal_that_is_wished_is_of_a_load_that_is_measured() -> None:
    assert {name for name, wished in forecasts.WISHED.items() if wished < forecasts.LOADS[name][1]} == set(
        forecasts.WISHED
    )
