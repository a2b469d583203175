"""What the ledger answers: sums of charges, in integers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from govcloud_monitoring.ledger.charge import Component, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Charges of one owner for one component of one pool, summed over a month, corrections included."""

    department: str
    environment: str
    product: str
    purpose: str
    tier: str
    pool: str
    component: Component
    unit: Unit
    quantity: int
    list_microcents: int
    cost_microcents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum(Sum):
    """The same for one day in UTC.

    `correction`: these charges were corrections and written when the day's month was over. They are apart, since the
    month may have been reported already; corrections within the month are in the sums of its charges.
    """

    day: date
    correction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCost:
    """What a department costs a day in UTC for one component, corrections included."""

    day: date
    department: str
    component: Component
    cost_microcents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Micro-cents by (department, purpose, component) and by pool; both have the same sum."""

    departments: Mapping[tuple[str, str, Component], int]
    pools: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Costs since the ledger began.

    `accrued` is what was charged when hours were closed: it only ever grows, as a counter must. Corrections can take
    away, and Prometheus would read a smaller value as a counter that began anew. So they are apart, for a gauge.
    """

    accrued: Costs
    corrections: Costs


def month_bounds(first: date) -> tuple[datetime, datetime]:
    """The month that begins on `first`: its beginning and its end in UTC. Raises ValueError on another day."""
    if first.day != 1:
        raise ValueError(f"{first} is not the first of a month; give the first")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return midnight(first), midnight(following)


def midnight(day: date) -> datetime:
    """The moment a day begins in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
