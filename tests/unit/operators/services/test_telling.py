"""How full a service is reaches whoever wants to hear it, and never the API server."""

from __future__ import annotations

from govcloud_api.objects import Ref
from govcloud_operators.services.driver import Observation
from govcloud_operators.services.figures import Figures, Told
from govcloud_operators.services.instance import reconcile as room
from govcloud_operators.services.looking import as_named, instance_ref
from govcloud_operators.services.nats import figures as nats
from support.services import NAMESPACE, ServiceWorld

FULL = Figures(connections=5, connections_allowed=51, stored_bytes=7_000_000)


class Ear:
    """Hears of one world's instance."""

    def __init__(self, world: ServiceWorld) -> None:
        self.world = world
        self.known: dict[Ref, Told] = {}

    def tell(self, ref: Ref, told: Told | None) -> None:
        self.known.pop(ref, None)
        if told is not None:
            self.known[ref] = told

    def look(self) -> list[Told]:
        ref, world = instance_ref(NAMESPACE, "main"), self.world
        room.reconcile(world.cluster, ref, world.authority, as_named, world.now, vaults=world.vaults, tell=self.tell)
        return list(self.known.values())


def test_each_look_tells_and_writes_nothing(world: ServiceWorld) -> None:
    world.running()
    world.cluster.writes.clear()
    world.database.observation = Observation(figures=FULL)
    ear = Ear(world)
    assert ear.look() == [Told(department="tax", driver="postgresql", figures=FULL)]
    more = Figures(connections=6, connections_allowed=51, stored_bytes=8_000_000)
    world.database.observation = Observation(figures=more)
    assert ear.look() == [Told(department="tax", driver="postgresql", figures=more)]
    assert world.cluster.writes == []


def test_a_silent_one_is_forgotten_until_it_answers(world: ServiceWorld) -> None:
    world.running()
    world.database.observation = Observation(figures=FULL)
    ear = Ear(world)
    assert ear.look()
    world.database.down = "no answer"
    assert ear.look() == []
    world.database.down = ""
    assert ear.look()
    world.play(ready=False)
    assert ear.look() == [], "it is not asked while it does not run"


def test_one_that_goes_is_forgotten(world: ServiceWorld) -> None:
    world.running(deletionProtection=False)
    world.database.observation = Observation(figures=FULL)
    ear = Ear(world)
    assert ear.look()
    world.cluster.delete(instance_ref(NAMESPACE, "main"))
    assert ear.look() == []


def test_one_that_has_nothing_to_say_is_not_told_as_nothing(world: ServiceWorld) -> None:
    world.running()
    assert Ear(world).look() == []


def test_what_a_nats_server_leaves_out_is_left_out() -> None:
    assert nats.of({}) == nats.of({"data": None}) == nats.of({"data": {"connections": "many", "jetstream": 7}})
    assert nats.of({"data": {"connections": 0, "max_connections": 9}}) == Figures(connections=0, connections_allowed=9)
