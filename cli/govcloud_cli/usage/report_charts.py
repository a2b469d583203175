"""What the charts of a report show: bars by department and component, columns by day. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from govcloud_cli.usage.report_stack import Axis, Piece, Tick, axis_of, pieces, with_ticks
from govcloud_cli.usage.report_sums import Figures, Row
from govcloud_cli.usage.report_words import COMPONENT_WORDS, department_name
from govcloud_monitoring.ledger.charge import COMPONENTS
from govcloud_monitoring.ledger.sums import midnight, month_bounds

MOST_BARS = 24
MOST_COLOURS = 8
OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One department, or everything together."""

    row: Row
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The dearest departments; `left_out` have no bar and cost `left_out_microcents`. `zero`: percent from the left."""

    bars: tuple[Bar, ...]
    zero: str
    left_out: int
    left_out_microcents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of the columns: `kind` is its class, `label` its name, with its sum over the month."""

    kind: str
    label: str
    microcents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One day; `amounts` by kind. Days that have not begun have none."""

    day: date
    amounts: Mapping[str, int]
    pieces: tuple[Piece, ...]
    provisional: bool

    @property
    def microcents(self) -> int:
        """The whole day."""
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A column for each day of the month, even if it is yet to come."""

    columns: tuple[Column, ...]
    series: tuple[Series, ...]
    ticks: tuple[Tick, ...]
    zero: str

    def label_of(self, kind: str) -> str:
        """The name of a colour."""
        return next(each.label for each in self.series if each.kind == kind)


def composition(found: Figures) -> Bars:
    """One bar of everything, by component."""
    return _bars([found.total])


def by_department(found: Figures) -> Bars:
    """A bar for each of the dearest departments, by component."""
    return _bars(found.departments[:MOST_BARS], left_out=found.departments[MOST_BARS:])


def by_day(found: Figures) -> Days:
    """Columns by department, the dearest in colours of their own; by component where one department is shown."""
    kinds = _departments(found) if found.department is None else _components()
    amounts = _amounts_by_day(found, kinds)
    axis, ticks = with_ticks(of_day.values() for of_day in amounts.values())
    sums = [sum(of_day[kind.name] for of_day in amounts.values()) for kind in kinds]
    closed = found.month.closed_until or midnight(found.month.first)
    return Days(
        columns=tuple(_column(day, of_day, axis, closed) for day, of_day in sorted(amounts.items())),
        series=tuple(
            Series(kind=kind.name, label=kind.label, microcents=cost)
            for kind, cost in zip(kinds, sums, strict=True)
            if cost or any(of_day[kind.name] for of_day in amounts.values())
        ),
        ticks=ticks,
        zero=axis.place(0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Costs of a day in one colour: those whose department or component is among `members`; None: all others."""

    name: str
    label: str
    members: frozenset[str] | None


def _departments(found: Figures) -> list[_Kind]:
    codes = [row.department for row in found.departments[:MOST_COLOURS]]
    own = [
        _Kind(name=f"d{number}", label=department_name(code), members=frozenset({code}))
        for number, code in enumerate(codes, 1)
    ]
    rest = len(found.departments) - len(codes)
    return [*own, _Kind(name=OTHERS, label=f"{rest} others", members=None)]


def _components() -> list[_Kind]:
    return [_Kind(name=name, label=COMPONENT_WORDS[name], members=frozenset({name})) for name in COMPONENTS]


def _amounts_by_day(found: Figures, kinds: Sequence[_Kind]) -> dict[date, dict[str, int]]:
    """Every day of the month, and every kind in each."""
    beginning, end = month_bounds(found.month.first)
    days = [found.month.first + timedelta(days=number) for number in range((end - beginning).days)]
    amounts = {day: {kind.name: 0 for kind in kinds} for day in days}
    kind_of = {member: kind.name for kind in kinds for member in kind.members or ()}
    for each in found.month.days:
        member = each.department if found.department is None else each.component
        amounts[each.day][kind_of.get(member, OTHERS)] += each.cost_microcents
    return amounts


def _column(day: date, amounts: Mapping[str, int], axis: Axis, closed: datetime) -> Column:
    provisional = closed < midnight(day + timedelta(days=1))
    return Column(day=day, amounts=amounts, pieces=pieces(amounts, axis), provisional=provisional)


def _bars(rows: Sequence[Row], left_out: Sequence[Row] = ()) -> Bars:
    axis = axis_of(row.costs.values() for row in rows)
    return Bars(
        bars=tuple(Bar(row=row, pieces=pieces({name: row.costs[name] for name in COMPONENTS}, axis)) for row in rows),
        zero=axis.place(0),
        left_out=len(left_out),
        left_out_microcents=sum(row.cost_microcents for row in left_out),
    )
