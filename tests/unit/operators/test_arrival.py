"""How long people waited for a new environment is counted once, whoever looks and however often."""

from __future__ import annotations

import pytest

from govcloud_operators.keys import Key
from govcloud_operators.ready_times import MAX_TIERS, OTHER, ReadyTimes
from govcloud_operators.rooms import ROOMS
from support.deciding import Deciding

LESS = {"cpu": "500m", "memory": "1Gi", "storage": "5Gi", "pods": 10}


def counted(world: Deciding) -> dict[str, tuple[int, float]]:
    """Tier -> (how many, seconds in all)."""
    return {tier: (reading.count, reading.sum_seconds) for tier, reading in world.ready_times.read().items()}


def waiting(**spec: str) -> Deciding:
    """A request whose environment is there and not Ready yet."""
    world = Deciding()
    world.request(**spec)
    world.look()
    return world


def test_it_counts_from_creation_to_the_moment_it_became_ready() -> None:
    world = waiting(tierRef="basic")
    assert counted(world) == {}
    world.pass_time(seconds=7)
    world.ready()
    world.pass_time(seconds=5)  # nobody looked at the request until now
    world.look()
    assert counted(world) == {"basic": (1, 7.0)}


def test_neither_another_look_nor_a_restart_nor_trouble_counts_it_again() -> None:
    world = waiting()
    world.ready()
    world.look()
    assert counted(world) == {"standard": (1, 0.0)}
    for reason in ("Ready", "ProbeFailed", "Suspended", "Ready"):
        world.ready_times = ReadyTimes()
        world.pass_time(days=1)
        world.ready(reason=reason)
        world.look()
        assert counted(world) == {}


def test_an_operator_that_dies_before_it_says_so_leaves_it_to_the_next() -> None:
    world = waiting()
    world.pass_time(seconds=3)
    world.ready()
    world.ready_times = ReadyTimes()
    world.pass_time(hours=1)
    world.look()
    assert counted(world) == {"standard": (1, 3.0)}


def test_changes_and_trouble_are_no_arrivals() -> None:
    world = waiting()
    world.ready(reason="ProbeFailed")
    world.look()
    assert counted(world) == {}
    world.ready()
    world.look()
    world.ask("change", "Change", environmentRef="portal-sandbox", quota=LESS)
    world.look("change")
    world.pass_time(days=9)
    world.ready()
    assert world.look("change")["status"]["phase"] == "Ready"
    assert counted(world) == {"standard": (1, 0.0)}


def test_a_clock_that_is_behind_the_api_servers_takes_no_time() -> None:
    world = waiting()
    world.pass_time(seconds=-2)
    world.ready()
    world.look()
    assert counted(world) == {"standard": (1, 0.0)}


def test_tiers_are_shown_before_their_first_environment() -> None:
    world = Deciding()
    [room] = [room for room in ROOMS if room.kind == "ServiceTier"]
    room.reconcile(world.cluster, Key("ServiceTier", None, "critical"), world.around())
    assert counted(world) == {"critical": (0, 0.0)}


@pytest.mark.parametrize("known", [MAX_TIERS, MAX_TIERS + 5])
def test_more_tiers_than_are_shown_are_one(known: int) -> None:
    times = ReadyTimes()
    for number in range(known):
        times.know(f"t{number}")
    times.add("one-more", 3)
    times.add("t0", 4)
    found = times.read()
    assert set(found) == {*(f"t{number}" for number in range(MAX_TIERS)), OTHER}
    assert (found[OTHER].sum_seconds, found["t0"].sum_seconds) == (3, 4)
