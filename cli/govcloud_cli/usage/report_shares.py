"""What departments were granted, reserved, used and wasted in a month, as rows and bars. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from govcloud_cli.usage.report_amounts import NOTHING, core_hours, gib_hours, percent, quotient
from govcloud_cli.usage.report_sums import Figures
from govcloud_monitoring.ledger.charge import UNITS
from govcloud_monitoring.ledger.department_hour import DepartmentSum, together
from govcloud_monitoring.ledger.prices import RESOURCES, Resource
from govcloud_monitoring.ledger.sums import month_bounds

HOUR = timedelta(hours=1)
RESOURCE_WORDS: Mapping[Resource, str] = {"cpu": "CPU", "memory": "Memory", "storage": "Storage"}
UNIT_WORDS: Mapping[Resource, str] = {"cpu": "core-hours", "memory": "GiB-hours", "storage": "GiB-hours"}
_OLDER = "the ledger of this cloud is older than this program: it does not tell what departments were granted and used"
_NOTHING = "nothing is known of what was granted, reserved and used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One resource; `bar` holds the sizes of granted, reserved and used in percent of the largest of them."""

    resource: Resource
    held: DepartmentSum
    bar: tuple[tuple[str, str], ...]

    def amount(self, name: str) -> str:
        """`granted`, `reserved`, `used` or `wasted` in the unit of the resource; a dash where it is not known."""
        value = getattr(self.held, name)
        if value is None:
            return NOTHING
        return core_hours(value) if self.resource == "cpu" else gib_hours(value)

    @property
    def measured_percent(self) -> str:
        """In how much of the time its use was measured; 100 % only of all of it, a dash where it is not known."""
        return _measured(self.held.measured_millihours, self.held.hours)

    @property
    def used_percent(self) -> str:
        """What was used of what was reserved; a dash where it is not known of every hour."""
        if self.held.used is None or self.held.measured_hours < self.held.hours:
            return NOTHING
        return percent(self.held.used, self.held.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A department, with a part for each of `RESOURCES`."""

    department: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The dearest department first, as in the costs, then those that cost nothing, by name; and all together."""

    rows: tuple[Row, ...]
    total: Row


def shares(found: Figures) -> Shares | None:
    """Of what is shown; None where nothing is known: `missing` says why."""
    if not found.month.departments:
        return None
    known = {(each.department, each.resource): each for each in found.month.departments}
    rank = {row.department: place for place, row in enumerate(found.departments)}
    codes = sorted({code for code, _ in known}, key=lambda code: (rank.get(code, len(rank)), code))
    rows = tuple(_row(code, {name: known[code, name] for name in RESOURCES if (code, name) in known}) for code in codes)
    return Shares(rows=rows, total=_row("", _sums(found.month.departments)))


def missing(found: Figures) -> tuple[str, ...]:
    """What the figures do not hold, in sentences; empty when they are whole."""
    departments = found.month.departments
    if not departments:
        return (_OLDER if departments is None else _NOTHING,)
    return tuple(_gaps(found, departments))


def _gaps(found: Figures, departments: tuple[DepartmentSum, ...]) -> Iterator[str]:
    beginning, end = month_bounds(found.month.first)
    passed, hours = (min(found.month.until, end) - beginning) // HOUR, max(each.hours for each in departments)
    if hours < passed:
        yield f"what was granted, reserved and used is known for {hours} of {passed} hours"
    for resource in RESOURCES:
        of_resource = [each for each in departments if each.resource == resource]
        hours = max((each.hours for each in of_resource), default=0)
        measured = max((each.measured_hours for each in of_resource), default=0)
        name = RESOURCE_WORDS[resource]
        if measured < hours:
            yield f"{name}: use was measured in {measured} of {hours} hours; used and wasted are of these alone"
        if share := _share_worth_telling(of_resource):
            yield f"{name}: use was measured in {share} of that time; what silent machines ran counts as wasted"


def _share_worth_telling(held: list[DepartmentSum]) -> str:
    """What was measured of the hours in which anything was, where it is below 99 %; else empty.

    Every restart of Prometheus loses half a minute: of that each row tells, and no sentence.
    """
    known = [(each.measured_millihours, each.measured_hours) for each in held if each.measured_millihours is not None]
    measured, hours = sum(part for part, _ in known), sum(whole for _, whole in known)
    return _measured(measured, hours) if measured < 990 * hours else ""


def _measured(millihours: int | None, hours: int) -> str:
    """Rounded down."""
    return NOTHING if millihours is None or not hours else percent(millihours // hours, 1000)


def _sums(departments: tuple[DepartmentSum, ...]) -> dict[Resource, DepartmentSum]:
    """Of all departments; their hours are counted together, too."""
    sums: dict[Resource, DepartmentSum] = {}
    for each in departments:
        before = sums.get(each.resource)
        sums[each.resource] = each if before is None else together(before, each)
    return sums


def _row(department: str, held: Mapping[Resource, DepartmentSum]) -> Row:
    parts = (_part(name, held.get(name) or _nothing(name)) for name in RESOURCES)
    return Row(department=department, parts=tuple(parts))


def _part(resource: Resource, held: DepartmentSum) -> Part:
    amounts = {"granted": held.granted, "reserved": held.reserved, "used": held.used or 0}
    longest = max(amounts.values())
    bar = tuple((name, quotient(100 * amount, longest, 4)) for name, amount in amounts.items() if amount)
    return Part(resource=resource, held=held, bar=bar)


def _nothing(resource: Resource) -> DepartmentSum:
    return DepartmentSum(
        department="", resource=resource, unit=UNITS[resource], granted=0, reserved=0, used=None, wasted=None, hours=0,
        measured_hours=0,
    )  # fmt: skip
