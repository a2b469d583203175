"""Keys find their room, locks are held while quota is given out, and the resync sees every kind."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest

from govcloud_api import definitions, labels, notices
from govcloud_api.objects import Object
from govcloud_kube import Cluster
from govcloud_operators import dispatch, rooms
from govcloud_operators.allocations import Allocations
from govcloud_operators.keys import Key
from govcloud_operators.rooms import Room
from govcloud_operators.services import authority
from govcloud_operators.surroundings import Surroundings
from support import worlds
from support.worlds import World


class Watching:
    """A room that notes what it was given."""

    def __init__(self) -> None:
        self.seen: list[Key] = []

    def touched(self, type_: str | None, obj: Object) -> Iterable[Key]:
        return ()

    def reconcile(self, cluster: Cluster, key: Key, around: Surroundings) -> float | None:
        self.seen.append(key)
        return 7.0


def test_a_key_goes_to_its_room_and_its_fan_out_to_the_queue() -> None:
    world, watching, added = World(), Watching(), list[Key]()
    world.department()
    world.environment(world.request())
    spread = next(room for room in rooms.ROOMS if room.kind == "Department").fan_out
    table = (Room(kind="Department", touched=watching.touched, reconcile=watching.reconcile, fan_out=spread),)
    dispatcher = dispatch.Dispatcher(world.cluster, replace(world.around(), enqueue=added.append), table)
    assert dispatcher.work(Key("Department", None, "tax")) == 7.0
    assert dispatcher.work(Key("DepartmentFanOut", None, "tax")) is None
    assert watching.seen == [Key("Department", None, "tax")]
    assert added == [
        Key("EnvironmentRequest", worlds.HOME, "first"),
        Key("Environment", worlds.HOME, "portal-sandbox"),
    ]


def test_a_departments_people_are_told_the_authority_of_the_services() -> None:
    world = World()
    world.department()
    dispatcher = dispatch.Dispatcher(world.cluster, world.around())
    for _ in range(4):
        dispatcher.work(Key("Department", None, "tax"))
        world.count_quotas()
    kept = authority.decoded(world.live(authority.SECRET), "tls.crt")
    assert "BEGIN CERTIFICATE" in kept
    assert world.live(notices.ref(notices.AUTHORITY, worlds.HOME))["data"] == {"ca.crt": kept}


def test_a_broken_authority_keeps_no_department_from_its_home() -> None:
    world = World()
    world.department()
    world.cluster.seed(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": authority.SECRET.name, "namespace": authority.SECRET.namespace},
        }
    )
    dispatcher = dispatch.Dispatcher(world.cluster, world.around())
    for _ in range(4):
        dispatcher.work(Key("Department", None, "tax"))
        world.count_quotas()
    assert notices.department(world.live(notices.ref(notices.DEPARTMENT, worlds.HOME)))
    assert world.cluster.get(notices.ref(notices.AUTHORITY, worlds.HOME)) is None


def test_an_environment_spreads_to_its_own_services() -> None:
    world, ref = World(), worlds.ENVIRONMENT
    world.environment(world.request())
    spread = next(room for room in rooms.ROOMS if room.kind == "Environment").fan_out
    assert spread is not None
    assert list(spread(world.cluster, Key("EnvironmentFanOut", ref.namespace, ref.name))) == []
    status = {"status": {"namespace": "tax-portal-sandbox"}}
    world.cluster.patch_status(world.live(ref) | status, field_manager="operator")
    for namespace in ("tax-portal-sandbox", "default"):
        body = {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "spec": {}}
        world.cluster.seed(body | {"metadata": {"name": "db", "namespace": namespace}})
    woken = list(spread(world.cluster, Key("EnvironmentFanOut", ref.namespace, ref.name)))
    assert woken == [Key("ServiceInstance", "tax-portal-sandbox", "db")]
    assert list(spread(world.cluster, Key("EnvironmentFanOut", ref.namespace, "gone"))) == []


def test_the_resync_sees_every_kind_of_the_table() -> None:
    world = World()
    own = [room for room in rooms.ROOMS if room.foreign is None and room.by_clock is None]
    for room in own:
        metadata = {"name": room.kind.lower(), "namespace": "default"}
        world.cluster.seed({"apiVersion": labels.API_VERSION, "kind": room.kind, "metadata": metadata, "spec": {}})
    found = dispatch.Dispatcher(world.cluster, world.around()).all_keys()
    foreign = [room.foreign.key for room in rooms.ROOMS if room.foreign is not None]
    by_clock = [room.by_clock for room in rooms.ROOMS if room.by_clock is not None]
    assert len(foreign) + len(by_clock) == len(rooms.ROOMS) - len(own) > 1
    theirs = [Key(room.kind, "default", room.kind.lower()) for room in own]
    assert sorted(found) == sorted([*theirs, *foreign, *by_clock])


def test_every_room_watches_a_kind_of_its_own() -> None:
    watched = [room.resource for room in rooms.ROOMS if room.by_clock is None]
    assert len(set(watched)) == len(watched)
    assert {(labels.GROUP, labels.VERSION, found.plural) for found in definitions.DEFINITIONS} <= set(watched)
    assert len({room.kind for room in rooms.ROOMS}) == len(rooms.ROOMS)


@pytest.mark.parametrize(("receiver", "homes"), [(None, ["dept-tax"]), ("roads", ["dept-tax", "dept-roads"])])
def test_a_transfer_gives_out_the_quota_of_two(receiver: str | None, homes: list[str]) -> None:
    world = World()
    world.department()
    world.request(**({"transferTo": receiver} if receiver else {}))
    alone_with = next(room for room in rooms.ROOMS if room.kind == "EnvironmentRequest").alone_with
    assert alone_with is not None
    asked: Iterable[str] = alone_with(world.cluster, Key("EnvironmentRequest", worlds.HOME, "first"))
    assert list(asked) == homes


def test_two_who_want_the_same_quotas_in_another_order_both_get_them() -> None:
    allocations, together, most = Allocations(), [0], [0]

    def give_out(*homes: str) -> None:
        for _ in range(200):
            with allocations.of(*homes):
                together[0] += 1
                most[0] = max(most[0], together[0])
                together[0] -= 1

    threads = [threading.Thread(target=give_out, args=homes, daemon=True) for homes in (("a", "b"), ("b", "a"), ("b",))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    assert most[0] == 1


def test_every_kind_of_ours_has_a_room() -> None:
    assert {found.kind for found in definitions.DEFINITIONS} <= {room.kind for room in rooms.ROOMS}
