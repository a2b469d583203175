"""A month as it stands: what the ledger has closed, and what has run up since. Pure.

The wire form (`plain`, `parse`) is what the accountant answers and what reports are made from. Money is in integer
micro-cents of `currency`; every line adds to exactly one pool's cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from govcloud_monitoring.accountant import wire
from govcloud_monitoring.ledger.charge import Charge, Statement
from govcloud_monitoring.ledger.department_hour import DepartmentHour, DepartmentSum, sum_of, summed
from govcloud_monitoring.ledger.sums import DayCost, Sum


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """`lines` and `days` hold everything up to `until`; `pools` are the costs that they split, by pool.

    `closed_hours` counts, by pool, the hours that are final. What lies after `closed_until` (None: nothing is closed
    yet) is provisional, and will be split anew when its hour is closed.
    """

    first: date
    currency: str
    lines: tuple[Sum, ...]
    days: tuple[DayCost, ...]
    pools: Mapping[str, int]
    closed_hours: Mapping[str, int]
    closed_until: datetime | None
    until: datetime
    departments: tuple[DepartmentSum, ...] | None = None
    """What departments were granted, reserved, used and wasted; None: the ledger is older and does not tell."""

    @property
    def cost_microcents(self) -> int:
        """What all pools cost."""
        return sum(self.pools.values())

    def plain(self) -> dict[str, Any]:
        """The wire form."""
        return wire.plain(_FORM, self)


_FORM = TypeAdapter(Month)


def parse(document: bytes) -> Month:
    """A month from its wire form. Raises ApiUnavailable for something else."""
    return wire.parsed(_FORM, document)


def with_provisional(closed: Iterable[Sum], open_hours: Iterable[Statement]) -> tuple[Sum, ...]:
    """Lines with the charges of hours that are not closed added, in the order of their keys."""
    found: dict[tuple[str, ...], Sum] = {}
    running = (_line(charge) for statement in open_hours for charge in statement.charges)
    for line in (*closed, *running):
        known = found.get(_key(line))
        found[_key(line)] = line if known is None else _together(known, line)
    return tuple(line for _, line in sorted(found.items()))


def with_provisional_days(closed: Iterable[DayCost], open_hours: Iterable[Statement]) -> tuple[DayCost, ...]:
    """Days with the charges of hours that are not closed added."""
    costs: defaultdict[tuple[date, str, Any], int] = defaultdict(int)
    for each in closed:
        costs[each.day, each.department, each.component] += each.cost_microcents
    for statement in open_hours:
        for charge in statement.charges:
            costs[charge.start.date(), charge.department, charge.component] += charge.cost_microcents
    return tuple(
        DayCost(day=day, department=department, component=component, cost_microcents=cost)
        for (day, department, component), cost in sorted(costs.items())
    )


def with_provisional_pools(closed: Mapping[str, int], open_hours: Iterable[Statement]) -> dict[str, int]:
    """Costs by pool with those of hours that are not closed added: the whole that the lines must sum to."""
    costs = Counter(closed)
    for statement in open_hours:
        costs[statement.pool] += statement.pool_cost_microcents
    return dict(sorted(costs.items()))


def with_provisional_departments(
    written: Iterable[DepartmentSum], open_hours: Iterable[DepartmentHour]
) -> tuple[DepartmentSum, ...]:
    """What departments held with the hours added that are not written yet."""
    return summed((*written, *map(sum_of, open_hours)))


def _key(line: Sum) -> tuple[str, ...]:
    return (line.department, line.environment, line.product, line.purpose, line.tier, line.pool, line.component)


def _line(charge: Charge) -> Sum:
    return Sum(**{each.name: getattr(charge, each.name) for each in fields(Sum)})


def _together(one: Sum, other: Sum) -> Sum:
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        list_microcents=one.list_microcents + other.list_microcents,
        cost_microcents=one.cost_microcents + other.cost_microcents,
    )
