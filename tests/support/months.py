"""Months of the ledger: by hand, as a cloud in use would have one, large, and any that Hypothesis can think of."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from govcloud_monitoring.accountant.month import Month, with_provisional, with_provisional_days
from govcloud_monitoring.ledger import hour as hours
from govcloud_monitoring.ledger.charge import COMPONENTS, UNITS, Component, Statement
from govcloud_monitoring.ledger.department_hour import DepartmentSum
from govcloud_monitoring.ledger.prices import RESOURCES, Amounts, Prices, Resource
from govcloud_monitoring.ledger.sums import DayCost, Sum
from govcloud_monitoring.ledger.usage import PoolHour, Usage

FIRST = date(2025, 11, 1)
UNIT = 100_000_000
UNTIL = datetime(2025, 11, 24, 14, 25, tzinfo=UTC)
CLOSED_UNTIL = datetime(2025, 11, 24, 14, tzinfo=UTC)
END = datetime(2025, 12, 1, tzinfo=UTC)
PRICES = Prices(cpu_core_cents=2190, memory_gib_cents=365, storage_gib_cents=29)
DEPARTMENTS = (
    "tax", "health", "transport", "education", "justice", "interior", "culture", "labour", "energy", "defence",
    "statistics", "archives",
)  # fmt: skip
_DAY_SECONDS = 24 * 3600


def pool_costs(lines: Iterable[Sum]) -> dict[str, int]:
    """What the lines of each pool sum to."""
    costs: Counter[str] = Counter()
    for line in lines:
        costs[line.pool] += line.cost_microcents
    return dict(sorted(costs.items()))


HOSTILE = (
    "<script>document.title='run'</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
    "</style><style>*{display:none}", "</title></table>", "{{ 7 * 7 }}{% raw %}", "&lt;b&gt; &amp;", "<!--",
    "=HYPERLINK(0)", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "a;=1", 'a",=1', "\u202etxt", "\x1b[2J",
    "x" * 300,
)  # fmt: skip
"""Names that want to be more than a name, in a page, a spreadsheet or a terminal."""


def line(department: str, component: Component, cost: int, *, pool: str = "workers", **more: object) -> Sum:
    """One line; its tariff is twice its cost, its quantity three times, unless it is said."""
    environment = f"{department}-portal-test" if department else ""
    known: dict[str, object] = {
        "department": department, "environment": environment, "product": "portal", "purpose": "test",
        "tier": "standard", "pool": pool, "component": component, "unit": UNITS[component],
        "quantity": 3 * cost, "list_microcents": 2 * cost, "cost_microcents": cost,
    }  # fmt: skip
    return Sum(**{**known, **more})  # type: ignore[arg-type]  # a test says which fields


def month(lines: Iterable[Sum], **more: object) -> Month:
    """They are all of the first day; pools cost what the lines sum to, unless it is said."""
    listed = tuple(lines)
    days = tuple(
        DayCost(day=FIRST, department=each.department, component=each.component, cost_microcents=each.cost_microcents)
        for each in listed
    )
    known: dict[str, object] = {
        "first": FIRST, "currency": "EUR", "lines": listed, "days": days, "pools": pool_costs(listed),
        "closed_hours": {}, "closed_until": CLOSED_UNTIL, "until": UNTIL, "departments": (),
    }  # fmt: skip
    return Month(**{**known, **more})  # type: ignore[arg-type]  # a test says which fields


def held(
    department: str, resource: Resource, granted: int, reserved: int, used: int | None, **more: int
) -> DepartmentSum:
    """What a department held in the hours before `UNTIL`; some hours wasted what others used too much."""
    hours = more.get("hours", 567)
    over = {"wasted": None} if used is None else {"wasted": max(0, reserved - used) + reserved // 4}
    known: dict[str, object] = {
        "department": department, "resource": resource, "unit": UNITS[resource], "granted": granted,
        "reserved": reserved, "used": used, "hours": hours,
        "measured_hours": 0 if used is None else hours,
        "measured_millihours": 0 if used is None else 1000 * hours, **over, **more,
    }  # fmt: skip
    return DepartmentSum(**known)  # type: ignore[arg-type]  # a test says which fields


def _holdings(codes: Iterable[str]) -> tuple[DepartmentSum, ...]:
    """Each less than the one before; some use more than they reserve, or reserve more than they may."""
    return tuple(
        held(
            code,
            name,
            size * (50 if place % 7 == 6 else 90),
            size * 60,
            size * (70 if place % 5 == 4 else 20 + place % 9),
        )
        for place, code in enumerate(codes)
        for size in [10**10 // (place + 2)]
        for name in RESOURCES
    )


@cache
def in_use(departments: tuple[str, ...] = DEPARTMENTS, *, environments: int = 4, days: int = 24) -> Month:
    """A cloud with two pools of machines and volumes; the first departments have the most, Sundays are quiet."""
    found = [each for day in range(days) for each in _statements(departments, environments, day)]
    lines = with_provisional((), found)
    closed = {pool: 24 * (days - 1) + 14 for pool in pool_costs(lines)}
    return month(lines, days=with_provisional_days((), found), closed_hours=closed, departments=_holdings(departments))


@cache
def large(departments: int = 300, environments: int = 1000) -> Month:
    """As many as a state has."""
    lines = []
    for number in range(environments):
        code = f"department-{number % departments:03d}"
        more = {"environment": f"{code}-product-{number:04d}-production", "product": f"product-{number:04d}"}
        lines += [line(code, part, (number + 1) * 123_456_789 + 1, **more) for part in COMPONENTS]
    _, count = calendar.monthrange(FIRST.year, FIRST.month)
    spread = (
        DayCost(
            day=FIRST + timedelta(days=day), department=each.department, component=each.component, cost_microcents=cost
        )
        for each in lines
        for day, cost in enumerate(_evenly(each.cost_microcents, count))
    )
    codes = [f"department-{number:03d}" for number in range(departments)]
    return month(lines, days=tuple(spread), closed_until=END, until=END, departments=_holdings(codes))


def _evenly(total: int, count: int) -> list[int]:
    return [total * (number + 1) // count - total * number // count for number in range(count)]


def _statements(names: tuple[str, ...], environments: int, day: int) -> Iterator[Statement]:
    """A day as one stretch of 24 hours."""
    usages = [
        _usage(code, place, number, len(names), day)
        for place, code in enumerate(names)
        for number in range(environments)
    ]
    for pool, machines in (("control-plane", 1), ("workers", len(names) * 4), ("storage", 0)):
        yield hours.statement(_pool_day(pool, machines, usages, day))


def _usage(code: str, place: int, number: int, count: int, day: int) -> Usage:
    purpose = ("production", "test", "staging", "sandbox")[number % 4]
    product = ("forms", "portal", "register", "search", "mail")[(place + number) % 5]
    quiet = 6 if (FIRST + timedelta(days=day)).weekday() == 6 else 10
    size = (count - place) ** 2 * (4 - number % 4) * quiet * (9 + (day + place) % 3)
    return Usage(
        department=code, environment=f"{code}-{product}-{purpose}", product=product, purpose=purpose,
        tier="critical" if purpose == "production" else "standard", prices=PRICES,
        amounts=Amounts(size * _DAY_SECONDS, 4 * size * _DAY_SECONDS, 9 * size * _DAY_SECONDS),
        measured_ratio_permille=900,
    )  # fmt: skip


def _pool_day(pool: str, machines: int, usages: list[Usage], day: int) -> PoolHour:
    capacity = Amounts(machines * 16_000 * _DAY_SECONDS, machines * 65_536 * _DAY_SECONDS)
    held = {
        "workers": [_part(each, cpu=True) for each in usages],
        "storage": [_part(each, cpu=False) for each in usages],
    }
    return PoolHour(
        start=datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=day),
        pool=pool,
        capacity=None if pool == "storage" else capacity,
        base=PRICES,
        usages=tuple(held.get(pool, [])),
        platform=Amounts(storage_mib_seconds=90 * 1024 * _DAY_SECONDS)
        if pool == "storage"
        else Amounts(machines * 700 * _DAY_SECONDS, machines * 4000 * _DAY_SECONDS),
        coverage_permille=1000,
    )


def _part(usage: Usage, *, cpu: bool) -> Usage:
    whole = usage.amounts
    part = (
        Amounts(whole.cpu_mcore_seconds, whole.memory_mib_seconds) if cpu else Amounts(0, 0, whole.storage_mib_seconds)
    )
    return replace(usage, amounts=part)


costs = st.integers(-(10**6), 10**6) | st.integers(-(10**16), 10**16)
names = st.sampled_from(["tax", "roads"]) | st.sampled_from(HOSTILE) | st.text(max_size=12)
lines = st.lists(
    st.builds(
        Sum,
        department=names | st.just(""),
        environment=names,
        product=names,
        purpose=st.sampled_from(["production", "test"]),
        tier=st.just("standard"),
        pool=st.sampled_from(["workers", "control-plane", "storage"]),
        component=st.sampled_from(COMPONENTS),
        unit=st.just("mib_seconds"),
        quantity=st.integers(-(10**12), 10**15),
        list_microcents=costs,
        cost_microcents=costs,
    ),
    max_size=8,
)
holdings = st.lists(
    st.builds(
        held,
        department=names.filter(bool),
        resource=st.sampled_from(RESOURCES),
        granted=st.integers(0, 10**15),
        reserved=st.integers(0, 10**15) | st.just(0),
        used=st.none() | st.integers(0, 10**15),
        hours=st.integers(1, 567),
    ),
    max_size=6,
    unique_by=lambda each: (each.department, each.resource),
).map(tuple)
months = st.builds(lambda lines, departments: month(lines, departments=departments), lines, st.none() | holdings)
