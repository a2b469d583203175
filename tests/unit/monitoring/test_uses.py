"""How much of what they reserve environments use, and what comes of it for machines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govcloud_monitoring.efficiency.inputs import UseRatio
from govcloud_monitoring.kubernetes.uses import use_ratios
from govcloud_monitoring.prometheus import Sample, Vector
from support.monitoring import RawApi, container, namespace, node, pod, reader, turn

NOW = datetime(2026, 11, 3, tzinfo=UTC)
STEPS = 7 * 48


def ratios(cpu: float, memory: float, *, seen: float = STEPS, memory_seen: float = STEPS) -> dict[str, UseRatio]:
    """Of one environment with these figures."""

    def ask(expression: str, at: datetime) -> Vector:
        assert at == NOW
        of_memory = "memory" in expression
        counted = memory_seen if of_memory else seen
        value = counted if expression.startswith("count") else (memory if of_memory else cpu)
        return (Sample({"namespace": "tax-a"}, value),)

    return use_ratios(ask, NOW)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(ratios(0.25, 1.5), (250, 1500), id="as it is, also above what is reserved"),
        pytest.param(ratios(0.2501, 0.0), (251, 0), id="rounded up"),
        pytest.param(ratios(0.25, 1.5, seen=STEPS * 0.96), (250, 1500), id="a few gaps"),
        pytest.param(ratios(0.25, 1.5, seen=STEPS * 0.9), None, id="too young"),
        pytest.param(ratios(0.25, 1.5, memory_seen=STEPS * 0.9), None, id="only half is known"),
    ],
)
def test_the_ratio_of_an_environment_that_was_seen_for_the_whole_week(
    found: dict[str, UseRatio], expected: tuple[int, int] | None
):
    wanted = {} if expected is None else {"tax-a": UseRatio(cpu_permille=expected[0], memory_permille=expected[1])}
    assert found == wanted


def test_without_a_past_nothing_is_known():
    assert use_ratios(lambda expression, at: (), NOW) == {}


def test_machines_that_could_go_by_use_are_shown_once_use_is_known_and_no_longer_when_it_is_not():
    known: dict[str, UseRatio] | None = None
    api = RawApi(
        {
            "namespaces": [namespace("tax-a", "tax", "test")],
            "nodes": [node(f"n{number}") for number in range(4)],
            "pods": [pod(f"p{n}", "tax-a", container("c", "3", "1Gi"), node=f"n{n}") for n in range(4)],
        }
    )
    found = reader(api, ratios=lambda: known)
    turn(turn(found))

    def shown() -> dict[str, int]:
        return dict(found.read().efficiency.pools["workers"].reclaimable_machines)

    assert shown() == {"requests": 0}
    known = {"tax-a": UseRatio(cpu_permille=100, memory_permille=500)}
    assert shown() == {"requests": 0, "use": 2}
    assert found.read() is found.read(), "nothing changed"
    known = None
    assert shown() == {"requests": 0}
