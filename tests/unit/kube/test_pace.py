"""A bucket of writes: bursts, then the rate; what people wait for is not kept waiting by upkeep."""

from __future__ import annotations

import pytest

from govcloud_kube.gate import Gated
from govcloud_kube.memory import MemoryCluster
from govcloud_kube.pace import Pace


class Clock:
    """Moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(rate: float) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(rate, now=lambda: clock.now, sleep=clock.sleep), clock


def test_a_flood_is_spread_over_time() -> None:
    pace, clock = paced(10)
    for _ in range(47):
        pace.take()
    assert clock.now == pytest.approx(4.0, abs=0.11), "7 or 8 at once, then 10 a second"
    assert pace.waited_seconds == pytest.approx(clock.now)


def test_people_do_not_wait_behind_upkeep() -> None:
    pace, clock = paced(100)
    while clock.now == 0:
        pace.take()
    before = clock.now
    with pace.urgent():
        for _ in range(20):
            pace.take()
    assert clock.now == before
    pace.take()
    assert clock.now > before, "what was borrowed is paid back by upkeep"


def test_writes_wait_and_reads_do_not() -> None:
    pace, clock = paced(1)
    cluster = Gated(MemoryCluster(), pace.take)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
    for _ in range(5):
        cluster.list("v1", "ConfigMap")
    assert clock.now == 0
    for _ in range(5):
        cluster.acting_as("somebody").apply(body, field_manager="me")
    assert clock.now >= 3
