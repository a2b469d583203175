"""A month's lines, summed by department, by environment and by pool. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import COMPONENTS, PLATFORM, Component
from govcloud_monitoring.ledger.sums import Sum

DIRECT: tuple[Component, ...] = ("cpu", "memory", "storage")
Owner = tuple[str, str, str, str, str]
Key = TypeVar("Key")
_EVERYTHING: Owner = ("", "", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one owner bears: micro-cents and quantities, with every component in both.

    Names that do not tell rows of a table apart are empty. `environments` is how many the lines are of.
    """

    department: str
    environment: str
    product: str
    purpose: str
    tier: str
    costs: Mapping[Component, int]
    quantities: Mapping[Component, int]
    list_microcents: int
    environments: int

    @property
    def cost_microcents(self) -> int:
        """Everything together."""
        return sum(self.costs.values())

    @property
    def direct_microcents(self) -> int:
        """What it held itself."""
        return sum(self.costs[component] for component in DIRECT)

    @property
    def shares_microcents(self) -> int:
        """What it bears of the platform and of idle machines."""
        return self.cost_microcents - self.direct_microcents


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool's cost, and the sum of all lines that split it, whatever department is shown."""

    name: str
    cost_microcents: int
    lines: Row
    closed_hours: int

    @property
    def difference_microcents(self) -> int:
        """What the lines are too much, or too little; 0 is the promise."""
        return self.lines.cost_microcents - self.cost_microcents


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What every form of the report is made from.

    `month` is what is shown: narrowed to `department`, unless that is None. `departments` and `environments` are
    dearest first, environments by department. `whole` sums all lines, shown or not, as `pools` do.
    """

    month: Month
    department: str | None
    total: Row
    departments: tuple[Row, ...]
    environments: tuple[Row, ...]
    pools: tuple[Pool, ...]
    whole: Row

    @property
    def turnover_microcents(self) -> int:
        """What was charged and what corrections took away, both counted up: the size of what is to be shown."""
        return sum(abs(line.cost_microcents) for line in self.month.lines)

    @property
    def borne_by(self) -> int:
        """How many departments bear something; the platform is none."""
        return sum(row.department != PLATFORM for row in self.departments)


def narrowed(month: Month, department: str | None) -> Month:
    """Lines, days and shares of one department; `pools` stay what the pools cost as a whole."""
    if department is None:
        return month
    return replace(
        month,
        lines=tuple(line for line in month.lines if line.department == department),
        days=tuple(day for day in month.days if day.department == department),
        departments=month.departments and tuple(each for each in month.departments if each.department == department),
    )


def figures(month: Month, department: str | None = None) -> Figures:
    """The sums of a month, or of one department in it."""
    shown = narrowed(month, department)
    departments = _dearest(_rows(shown.lines, lambda line: (line.department, "", "", "", "")))
    rank = {row.department: place for place, row in enumerate(departments)}
    environments = _dearest(_rows(shown.lines, _owner))
    return Figures(
        month=shown,
        department=department,
        total=_row(_EVERYTHING, shown.lines),
        departments=departments,
        environments=tuple(sorted(environments, key=lambda row: rank[row.department])),
        pools=_pools(month),
        whole=_row(_EVERYTHING, month.lines),
    )


def _pools(month: Month) -> tuple[Pool, ...]:
    lines = _grouped(month.lines, lambda line: line.pool)
    return tuple(
        Pool(
            name=name,
            cost_microcents=month.pools.get(name, 0),
            lines=_row(_EVERYTHING, lines.get(name, [])),
            closed_hours=month.closed_hours.get(name, 0),
        )
        for name in sorted({*month.pools, *month.closed_hours, *lines})
    )


def _owner(line: Sum) -> Owner:
    return (line.department, line.environment, line.product, line.purpose, line.tier)


def _rows(lines: Iterable[Sum], owner: Callable[[Sum], Owner]) -> list[Row]:
    return [_row(key, members) for key, members in _grouped(lines, owner).items()]


def _grouped(lines: Iterable[Sum], key: Callable[[Sum], Key]) -> dict[Key, list[Sum]]:
    found: defaultdict[Key, list[Sum]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return found


def _row(owner: Owner, lines: Iterable[Sum]) -> Row:
    costs, quantities = dict.fromkeys(COMPONENTS, 0), dict.fromkeys(COMPONENTS, 0)
    known, tariff = set[str](), 0
    for line in lines:
        costs[line.component] += line.cost_microcents
        quantities[line.component] += line.quantity
        tariff += line.list_microcents
        known.add(line.environment)
    department, environment, product, purpose, tier = owner
    return Row(
        department=department,
        environment=environment,
        product=product,
        purpose=purpose,
        tier=tier,
        costs=costs,
        quantities=quantities,
        list_microcents=tariff,
        environments=len(known - {""}),
    )


def _dearest(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Dearest first; what costs the same by name."""
    return tuple(sorted(rows, key=lambda row: (-row.cost_microcents, row.department, row.environment, row.tier)))
