"""Key -> the reconcile of its kind, with what that needs; and the list of all keys for the resync."""

from __future__ import annotations

from govcloud_api import errors, labels
from govcloud_kube import Cluster
from govcloud_operators import unreadable
from govcloud_operators.keys import Key
from govcloud_operators.rooms import ROOMS, Room
from govcloud_operators.surroundings import Surroundings

FAN_OUT = "FanOut"


class Dispatcher:
    """Runs in worker threads; holds no state about objects."""

    def __init__(self, cluster: Cluster, around: Surroundings, rooms: tuple[Room, ...] = ROOMS) -> None:
        self._cluster = cluster
        self._around = around
        self._rooms = {room.kind: room for room in rooms}

    def work(self, key: Key) -> float | None:
        """Reconcile one key; see `queue.Work`. An object that cannot be read is told so. Raises GovcloudError."""
        if key.kind.endswith(FAN_OUT):
            self._spread(self._rooms[key.kind.removesuffix(FAN_OUT)], key)
            return None
        try:
            return self._reconcile(self._rooms[key.kind], key)
        except errors.InvalidSpec:
            if unreadable.tell(self._cluster, key, self._around.clock()):
                return None
            raise

    def all_keys(self) -> list[Key]:
        """Every object of our kinds that may still change, and the keys that stand for kinds of others.

        Raises GovcloudError.
        """
        own = [
            Key(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"])
            for kind, room in self._rooms.items()
            if room.foreign is None and room.by_clock is None
            for obj in self._cluster.list(labels.API_VERSION, kind)
            if room.is_settled is None or not room.is_settled(obj)
        ]
        foreign = [room.foreign.key for room in self._rooms.values() if room.foreign is not None]
        return own + foreign + self.unannounced()

    def unannounced(self) -> list[Key]:
        """What no watch tells of: looked at from the start, and then by the clock."""
        return [room.by_clock for room in self._rooms.values() if room.by_clock is not None]

    def _reconcile(self, room: Room, key: Key) -> float | None:
        homes = room.alone_with(self._cluster, key) if room.alone_with else ()
        with self._around.allocations.of(*homes):
            return room.reconcile(self._cluster, key, self._around)

    def _spread(self, room: Room, key: Key) -> None:
        for touched in room.fan_out(self._cluster, key) if room.fan_out else ():
            self._around.enqueue(touched)
