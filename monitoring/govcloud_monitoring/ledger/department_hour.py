"""What a department was granted, reserved, used and wasted of one resource in one hour: measured, not charged. Pure.

Amounts are integers as in charges: milli-core-seconds of CPU, MiB-seconds of memory and storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud_monitoring.ledger.charge import UNITS, Unit
from govcloud_monitoring.ledger.prices import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentHour:
    """One department and resource in the hour from `start` in UTC, or in so much of it as has passed.

    `granted` is what quotas allow, `reserved` what pods and volumes ask for, `used` what they took: None where nobody
    measured it, which is `measured_permille` 0. Below 1000 machines were silent on which the department runs: what it
    used there is not in `used`, and `wasted` may be too much. `coverage_permille` is the part that was observed.
    """

    start: datetime
    department: str
    resource: Resource
    granted: int
    reserved: int
    used: int | None
    coverage_permille: int
    measured_permille: int

    @property
    def wasted(self) -> int | None:
        """Reserved and not used in this hour; another hour's use of more than was reserved takes nothing from it."""
        return None if self.used is None else max(0, self.reserved - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSum:
    """The same summed over `hours`; `used` and `wasted` over those `measured_hours` in which use is known.

    `measured_millihours` is how much of them was measured, in thousandths of an hour; None: the ledger is older.
    """

    department: str
    resource: Resource
    unit: Unit
    granted: int
    reserved: int
    used: int | None
    wasted: int | None
    hours: int
    measured_hours: int
    measured_millihours: int | None = None


def sum_of(hour: DepartmentHour) -> DepartmentSum:
    """Of one hour."""
    return DepartmentSum(
        department=hour.department,
        resource=hour.resource,
        unit=UNITS[hour.resource],
        granted=hour.granted,
        reserved=hour.reserved,
        used=hour.used,
        wasted=hour.wasted,
        hours=1,
        measured_hours=int(hour.used is not None),
        measured_millihours=hour.measured_permille,
    )


def summed(parts: Iterable[DepartmentSum]) -> tuple[DepartmentSum, ...]:
    """One for each department and resource, in this order."""
    found: dict[tuple[str, Resource], DepartmentSum] = {}
    for each in parts:
        key = (each.department, each.resource)
        found[key] = together(found[key], each) if key in found else each
    return tuple(each for _, each in sorted(found.items()))


def together(one: DepartmentSum, other: DepartmentSum) -> DepartmentSum:
    """Both, under the department of `one`; what only one knows is the sum."""
    return DepartmentSum(
        department=one.department,
        resource=one.resource,
        unit=one.unit,
        granted=one.granted + other.granted,
        reserved=one.reserved + other.reserved,
        used=_known(one.used, other.used),
        wasted=_known(one.wasted, other.wasted),
        hours=one.hours + other.hours,
        measured_hours=one.measured_hours + other.measured_hours,
        measured_millihours=_both(one.measured_millihours, other.measured_millihours),
    )


def from_row(row: Mapping[str, object]) -> DepartmentSum:
    """A row of `queries.DEPARTMENTS`."""
    unit = UNITS[row["resource"]]  # type: ignore[index]  # the schema has these resources only
    return DepartmentSum(unit=unit, **row)  # type: ignore[arg-type]  # columns are called as fields


def _both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _known(one: int | None, other: int | None) -> int | None:
    known = [each for each in (one, other) if each is not None]
    return sum(known) if known else None
