"""Machines that a pool could give up if its pods moved together, with one machine kept in reserve (N-1). Pure.

Pods that may move are packed anew, first-fit-decreasing, onto the machines that run something now. Empty machines get
none of them: they can go as they stand. Daemons count on every machine that stays; a pod that cannot leave holds its
machine. Pods on machines closed to new pods need room too; such machines themselves are never counted.

The reserve is a machine without pods that takes everything movable of any one machine that stays. The largest machine
in use is held back before packing, and what the others may hold is cut to what it takes. Only if the others are too
small, all machines in use are packed, or nothing moves at all, and a machine that is empty then must be large enough.

One more empty machine never makes the number smaller: packing does not look at empty machines, and as a reserve they
can only help. The number is an estimate: first-fit is not always the best packing, and node selectors, topology spread
and disruption budgets are not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

from govcloud_monitoring.efficiency.first_fit import Load, Room, Size, decreasing, first_fit, load_of, weight
from govcloud_monitoring.efficiency.inputs import Host, Placed, total

Basis = Literal["requests", "use"]
"""What a pod weighs: what it reserves, or the 95th percentile of what it uses (its request where that is unknown)."""
BASES: tuple[Basis, ...] = get_args(Basis)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`loads` are the movable pods of each machine that stays, by name; `reserve` stays too, empty."""

    loads: Mapping[str, Load]
    reserve: str
    reclaimable_machines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A machine that takes pods. `room`: what is left beside the pods that stay on it; `moving`: the other pods."""

    name: str
    room: Room
    moving: tuple[Size, ...]
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    """`used` runs something and `empty` does not, held machines first, then larger ones, then by name.

    `moving` are all movable pods, heaviest first; `displaced` those on machines closed to new pods.
    """

    used: tuple[_Spot, ...]
    empty: tuple[_Spot, ...]
    moving: tuple[tuple[Size, int], ...]
    displaced: tuple[tuple[Size, int], ...]


def reclaimable(hosts: Sequence[Host], basis: Basis = "requests") -> int | None:
    """Machines that could go, 0 when none can; None when the basis is use and nothing is known about it."""
    if basis == "use" and not any(pod.use is not None for host in hosts for pod in host.pods):
        return None
    found = plan(hosts, basis)
    return found.reclaimable_machines if found else 0


def plan(hosts: Sequence[Host], basis: Basis = "requests") -> Plan | None:
    """The best plan found for one pool; None when no machine can be had as reserve."""
    pool = _pool(hosts, basis)
    return _held_back(pool) or max(
        filter(None, (_repacked(pool), _as_it_stands(pool))), key=lambda each: each.reclaimable_machines, default=None
    )


def fewest(hosts: Sequence[Host], basis: Basis = "requests") -> int:
    """Machines that no plan can do without, reserve not counted: the bound max_r(demand_r / size_r) for unequal sizes.

    Held machines count, and of the others, for each resource, the largest until their sum reaches the demand.
    """
    pool = _pool(hosts, basis)
    spots = (*pool.used, *pool.empty)
    held = [_vector(each.room) for each in spots if each.held]
    others = [_vector(each.room) for each in spots if not each.held]
    demand = [sum(amount) for amount in zip(*(_needs(*each) for each in pool.moving), strict=True)] or [0, 0, 0]
    needed = 0
    for resource, wanted in enumerate(demand):
        left = wanted - sum(each[resource] for each in held)
        count = 0
        for size in sorted((each[resource] for each in others), reverse=True):
            if left <= 0:
                break
            left, count = left - size, count + 1
        needed = max(needed, count)
    return len(held) + needed


def _held_back(pool: _Pool) -> Plan | None:
    """Pack onto the machines in use but the largest that nothing holds."""
    reserve = next((each for each in pool.used if not each.held), None)
    if reserve is None:
        return None
    spots = tuple(each for each in pool.used if each is not reserve)
    loads = first_fit(pool.moving, [each.room.within(reserve.room) for each in spots])
    return None if loads is None else _with_reserve(pool, spots, loads)


def _repacked(pool: _Pool) -> Plan | None:
    """Pack onto all machines in use; one that is empty afterwards or is empty now must do as reserve."""
    loads = first_fit(pool.moving, [each.room for each in pool.used])
    return None if loads is None else _with_reserve(pool, pool.used, loads)


def _as_it_stands(pool: _Pool) -> Plan | None:
    """Nothing moves but the pods of closed machines; one that is empty now must do as reserve."""
    now = [load_of(each.moving) for each in pool.used]
    more = first_fit(pool.displaced, [each.room.without(load) for each, load in zip(pool.used, now, strict=True)])
    if more is None:
        return None
    return _with_reserve(pool, pool.used, [load.plus(added) for load, added in zip(now, more, strict=True)])


def _with_reserve(pool: _Pool, spots: Iterable[_Spot], loads: Iterable[Load]) -> Plan | None:
    """The plan, with the first machine without pods that can stand in for any that has some; None without such."""
    kept = {each.name: load for each, load in zip(spots, loads, strict=True) if each.held or load.pods}
    spare = [each for each in (*pool.used, *pool.empty) if each.name not in kept]
    for reserve in spare:
        if all(reserve.room.takes(load) for load in kept.values()):
            return Plan(loads=kept, reserve=reserve.name, reclaimable_machines=len(spare) - 1)
    return None


def _pool(hosts: Sequence[Host], basis: Basis) -> _Pool:
    open_hosts = [host for host in hosts if host.machine.schedulable]
    displaced = Counter(size for host in hosts if not host.machine.schedulable for size in _moving(host, basis))
    spots = [_spot(host, basis) for host in open_hosts]
    used = {each.name for each in spots if each.held or each.moving}
    # Weights look at machines in use only, so that one more empty machine changes no order.
    whole = total(host.machine.allocatable for host in open_hosts if host.machine.name in used)
    spots.sort(key=lambda each: (not each.held, -weight(each.room.free, whole), each.name))
    return _Pool(
        used=tuple(each for each in spots if each.name in used),
        empty=tuple(each for each in spots if each.name not in used),
        moving=decreasing(displaced + Counter(chain.from_iterable(each.moving for each in spots)), whole),
        displaced=decreasing(displaced, whole),
    )


def _spot(host: Host, basis: Basis) -> _Spot:
    machine = host.machine
    staying = load_of(_size(pod, basis) for pod in host.pods if pod.tie != "none")
    return _Spot(
        name=machine.name,
        room=Room(free=machine.allocatable, pods=machine.max_pods).without(staying),
        moving=_moving(host, basis),
        held=any(pod.tie == "machine" for pod in host.pods),
    )


def _moving(host: Host, basis: Basis) -> tuple[Size, ...]:
    return tuple(_size(pod, basis) for pod in host.pods if pod.tie == "none")


def _size(pod: Placed, basis: Basis) -> Size:
    amount = pod.use if basis == "use" and pod.use is not None else pod.request
    return Size(amount.cpu_milli, amount.memory_bytes, pod.apart)


def _vector(room: Room) -> tuple[int, int, int]:
    return room.free.cpu_milli, room.free.memory_bytes, room.pods


def _needs(size: Size, count: int) -> tuple[int, int, int]:
    return size.cpu_milli * count, size.memory_bytes * count, count
