"""Vector first-fit-decreasing: many sizes into rooms of unequal sizes. Pure; exact integers.

Items are ordered by the sum of their shares of what there is (FFDSum of Panigrahy, Talwar, Uyeda, Wieder: "Heuristics
for Vector Bin Packing", Microsoft Research 2011) and each goes into the first room that takes it. Items of one size are
placed together, which gives the same result as one after another and costs sizes times rooms, not pods times rooms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from govcloud_monitoring.kubernetes.pods import Amount


class Size(NamedTuple):
    """What one pod needs. Two pods with the same `apart`, unless it is empty, never share a room."""

    cpu_milli: int
    memory_bytes: int
    apart: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What stands in a room: resources, number of pods and their `apart` keys."""

    amount: Amount
    pods: int
    apart: frozenset[str] = frozenset()

    def plus(self, other: Load) -> Load:
        """Both together."""
        return Load(amount=self.amount.plus(other.amount), pods=self.pods + other.pods, apart=self.apart | other.apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is free: resources and places for pods. `apart` are keys that may not come in."""

    free: Amount
    pods: int
    apart: frozenset[str] = frozenset()

    def takes(self, load: Load) -> bool:
        """Whether the whole load fits."""
        return (
            load.amount.cpu_milli <= self.free.cpu_milli
            and load.amount.memory_bytes <= self.free.memory_bytes
            and load.pods <= self.pods
            and self.apart.isdisjoint(load.apart)
        )

    def within(self, other: Room) -> Room:
        """The part of this room that fits into the other as well: a load of it fits into both."""
        return Room(
            free=Amount(
                min(self.free.cpu_milli, other.free.cpu_milli), min(self.free.memory_bytes, other.free.memory_bytes)
            ),
            pods=min(self.pods, other.pods),
            apart=self.apart | other.apart,
        )

    def without(self, load: Load) -> Room:
        """What is left beside the load; nothing where the load is larger."""
        return Room(
            free=Amount(
                max(0, self.free.cpu_milli - load.amount.cpu_milli),
                max(0, self.free.memory_bytes - load.amount.memory_bytes),
            ),
            pods=max(0, self.pods - load.pods),
            apart=self.apart | load.apart,
        )


def weight(amount: Amount | Size, whole: Amount) -> int:
    """Sum of the shares of both resources in `whole`, times both of its parts to stay an integer."""
    return amount.cpu_milli * whole.memory_bytes + amount.memory_bytes * whole.cpu_milli


def decreasing(sizes: Mapping[Size, int], whole: Amount) -> tuple[tuple[Size, int], ...]:
    """Sizes and their counts, heaviest first; those that must stand apart before their equals."""
    return tuple(sorted(sizes.items(), key=lambda each: (weight(each[0], whole), each[0]), reverse=True))


def load_of(sizes: Iterable[Size]) -> Load:
    """All of them together."""
    cpu_milli = memory_bytes = pods = 0
    apart = set()
    for size in sizes:
        cpu_milli += size.cpu_milli
        memory_bytes += size.memory_bytes
        pods += 1
        apart.add(size.apart)
    return Load(amount=Amount(cpu_milli, memory_bytes), pods=pods, apart=frozenset(apart - {""}))


def first_fit(sizes: Iterable[tuple[Size, int]], rooms: Sequence[Room]) -> tuple[Load, ...] | None:
    """What stands in each room at the end, in the order of `rooms`; None when something fits nowhere."""
    fills = [_Fill(room) for room in rooms]
    open_fills = [fill for fill in fills if fill.pods]
    for size, count in sizes:
        if _place(size, count, open_fills):
            return None
    return tuple(fill.load() for fill in fills)


class _Fill:
    """A room while it fills: what is left of it, and the keys that came in."""

    __slots__ = ("apart", "cpu_milli", "memory_bytes", "pods", "room")

    def __init__(self, room: Room) -> None:
        self.room = room
        self.cpu_milli = room.free.cpu_milli
        self.memory_bytes = room.free.memory_bytes
        self.pods = room.pods
        self.apart: set[str] = set()

    def take(self, size: Size, count: int) -> int:
        """Place as many of `count` as fit, and say how many; the resources of one do."""
        cpu_milli, memory_bytes, apart = size
        if apart:
            if apart in self.apart or apart in self.room.apart:
                return 0
            self.apart.add(apart)
            count = 1
        elif count > 1:
            by_cpu = self.cpu_milli // cpu_milli if cpu_milli else count
            by_memory = self.memory_bytes // memory_bytes if memory_bytes else count
            count = min(count, self.pods, by_cpu, by_memory)
        self.cpu_milli -= count * cpu_milli
        self.memory_bytes -= count * memory_bytes
        self.pods -= count
        return count

    def load(self) -> Load:
        """What was placed."""
        free = self.room.free
        return Load(
            amount=Amount(free.cpu_milli - self.cpu_milli, free.memory_bytes - self.memory_bytes),
            pods=self.room.pods - self.pods,
            apart=frozenset(self.apart),
        )


def _place(size: Size, count: int, fills: list[_Fill]) -> int:
    """Place pods of one size; how many fit nowhere. A room without a place for one more pod leaves `fills`."""
    cpu_milli, memory_bytes, _ = size
    full: list[_Fill] = []
    for fill in fills:
        if cpu_milli <= fill.cpu_milli and memory_bytes <= fill.memory_bytes:
            count -= fill.take(size, count)
            if not fill.pods:
                full.append(fill)
            if not count:
                break
    for fill in full:
        fills.remove(fill)
    return count
