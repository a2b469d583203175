"""The lines of the ledger: what one environment is charged for one component of one pool in one hour. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

Component = Literal["cpu", "memory", "storage", "platform_share", "idle_share"]
COMPONENTS: tuple[Component, ...] = get_args(Component)
Unit = Literal["mcore_seconds", "mib_seconds", ""]
UNITS: Mapping[Component, Unit] = {
    "cpu": "mcore_seconds",
    "memory": "mib_seconds",
    "storage": "mib_seconds",
    "platform_share": "",
    "idle_share": "",
}
PLATFORM = ""
"""Department of what nobody else bears: the platform itself. Its environment, product, purpose and tier are empty."""


class Key(NamedTuple):
    """Whom and what a charge is for; once a pool, an hour and a revision."""

    department: str
    environment: str
    product: str
    purpose: str
    tier: str
    component: Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line. `environment` is a namespace; `start` is the hour's beginning in UTC.

    `list_microcents` is the tariff: the quantity at the tier's prices. `cost_microcents` is the part of what the pool
    really cost, and only that adds up. `measured_ratio_permille` says how much of the hour was measured and not taken
    from requests; 0 in a share. `method` is the id of the rule that distributed the shares. With `revision` above 0
    the line is a correction: its numbers are differences and may be negative.
    """

    start: datetime
    pool: str
    department: str
    environment: str
    product: str
    purpose: str
    tier: str
    component: Component
    quantity: int
    unit: Unit
    list_microcents: int
    cost_microcents: int
    measured_ratio_permille: int
    method: str
    revision: int = 0

    @property
    def key(self) -> Key:
        """What tells this line from the others of its hour and revision."""
        return Key(self.department, self.environment, self.product, self.purpose, self.tier, self.component)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A pool's hour, split: the costs of `charges` sum to `pool_cost_microcents`.

    `overcommitted` says that more was held than the pool has. `coverage_permille` is the part of the hour that was
    observed at all.
    """

    start: datetime
    pool: str
    pool_cost_microcents: int
    charges: tuple[Charge, ...]
    method: str
    overcommitted: bool
    coverage_permille: int


def refuse_other_than_full_hour(start: datetime) -> None:
    """Raises ValueError unless `start` is aware, in UTC and at a full hour: a ledger has one kind of hour only."""
    if start.utcoffset() != timedelta(0):
        raise ValueError(f"{start.isoformat()} is not in UTC; the ledger takes aware moments in UTC only")
    if start.replace(minute=0, second=0, microsecond=0) != start:
        raise ValueError(f"{start.isoformat()} is not the beginning of an hour; cut minutes and seconds off")
