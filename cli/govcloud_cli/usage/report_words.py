"""What a report says about itself: which month, how final, whose, and whether its sums hold. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

from govcloud_cli.output import harmless
from govcloud_cli.usage.report_amounts import exact
from govcloud_cli.usage.report_sums import Figures
from govcloud_monitoring.accountant.month import Month
from govcloud_monitoring.ledger.charge import PLATFORM, Component
from govcloud_monitoring.ledger.sums import month_bounds

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
COMPONENT_WORDS: dict[Component, str] = {
    "cpu": "CPU",
    "memory": "Memory",
    "storage": "Storage",
    "platform_share": "Platform share",
    "idle_share": "Idle share",
}


def first_of(month: str | None, today: date) -> date:
    """The first of a month as typed, `2026-11`; None is the month of `today`. Raises ValueError, which says why."""
    if month is None:
        return today.replace(day=1)
    found = _MONTH.fullmatch(month)
    try:
        first = date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        first = None
    if first is None:
        raise ValueError(f"{month!r} is no month; give year and month as in {today:%Y-%m}")
    if first > today:
        raise ValueError(f"{month} has not begun; the newest month that can be had is {today:%Y-%m}")
    return first


def department_name(code: str) -> str:
    """As it is shown; the department without a code is the platform itself."""
    return "platform (borne by nobody)" if code == PLATFORM else harmless(code)


def moment(at: datetime) -> str:
    """`2026-11-29 14:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def is_closed(month: Month) -> bool:
    """Whether every hour of the month is final."""
    _, end = month_bounds(month.first)
    return month.closed_until is not None and month.closed_until >= end


def closing(month: Month) -> str:
    """How final the figures are."""
    beginning, _ = month_bounds(month.first)
    if is_closed(month):
        return "every hour is closed, only corrections can still change a figure"
    if month.closed_until is None or month.closed_until <= beginning:
        return "no hour of this month is closed yet, every figure is provisional"
    return f"closed until {moment(month.closed_until)}, later hours are provisional"


def proof(found: Figures) -> str:
    """Whether the lines, of all departments, sum to what the pools cost; `faults` has the differences."""
    if any(pool.difference_microcents for pool in found.pools):
        return "the lines do not sum to the pools' cost"
    return "the lines sum to the pools' cost exactly"


def faults(found: Figures) -> tuple[str, ...]:
    """Everything that does not add up, with the difference; empty when all is well."""
    return (*_pools(found), *_days(found))


def _pools(found: Figures) -> Iterator[str]:
    for pool in found.pools:
        if pool.difference_microcents:
            lines, difference = pool.lines.cost_microcents, pool.difference_microcents
            sums = f"its lines sum to {exact(lines)}, it cost {exact(pool.cost_microcents)}"
            yield f"pool {harmless(pool.name)}: {sums}, the difference is {exact(difference)}"


def _days(found: Figures) -> Iterator[str]:
    days = Counter[str]()
    for day in found.month.days:
        days[day.department] += day.cost_microcents
    lines = {row.department: row.cost_microcents for row in found.departments}
    for code in sorted({*days, *lines}):
        of_lines = lines.get(code, 0)
        if days[code] != of_lines:
            sums = f"its lines sum to {exact(of_lines)}, its days to {exact(days[code])}"
            yield f"department {department_name(code)}: {sums}, the difference is {exact(of_lines - days[code])}"


def alarm(found: Figures) -> str:
    """`faults` as one loud text; empty when all is well."""
    lines = faults(found)
    if not lines:
        return ""
    return "\n  ".join(("THE FIGURES DO NOT ADD UP; bill nobody by them, and tell who runs the ledger:", *lines))
