"""Events are told once in a while, in bounded memory."""

from __future__ import annotations

from datetime import timedelta

from govcloud_api import labels
from govcloud_kube import Ref
from govcloud_operators import events
from govcloud_operators.events import Events, News
from support import worlds
from support.worlds import World

ABOUT = Ref(labels.API_VERSION, "Environment", "portal-sandbox", "default")


def told(world: World, namespace: str = "default") -> list[str]:
    return [event["message"] for event in world.cluster.list("v1", "Event", namespace=namespace)]


def test_the_same_news_is_told_once_in_its_time() -> None:
    world, news, voice = World(), News(reason="Repaired", message="a"), Events()
    for minutes in (0, 5, 9, 10, 11):
        voice.tell(world.cluster, ABOUT, "u", news, worlds.START + timedelta(minutes=minutes))
    voice.tell(world.cluster, ABOUT, "another", news, worlds.START)
    voice.tell(world.cluster, ABOUT, "u", News(reason="Repaired", message="b"), worlds.START)
    assert sorted(told(world)) == ["a", "a", "a", "b"]


def test_what_is_no_part_of_a_namespace_is_told_in_the_default_one() -> None:
    world = World()
    tier = Ref(labels.API_VERSION, "ServiceTier", "gold")
    Events().tell(world.cluster, tier, "u", News(reason="Test", message="x" * 2000), worlds.START)
    assert [len(message) for message in told(world)] == [events.MESSAGE_MAX_CHARS]


def test_memory_is_bounded() -> None:
    world, voice = World(), Events()
    for number in range(3 * events.REMEMBERED):
        voice._is_new("u", News(reason="Test", message=str(number)), worlds.START)
    assert len(voice._told) <= events.REMEMBERED
    voice.tell(world.cluster, ABOUT, "u", News(reason="Test", message=str(3 * events.REMEMBERED - 1)), worlds.START)
    assert told(world) == [], "the newest is still known"
