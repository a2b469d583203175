"""What is known of a pool's hour before it is split: its capacity, its price, and who held what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from govcloud_monitoring.ledger.charge import PLATFORM, refuse_other_than_full_hour
from govcloud_monitoring.ledger.prices import Amounts, Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one environment held of the pool: max(request, use), integrated over the hour.

    `environment` is a namespace. `prices` are those of its tier at the beginning of the hour.
    `measured_ratio_permille` says how much of the amounts was measured and not taken from requests.
    """

    department: str
    environment: str
    product: str
    purpose: str
    tier: str
    prices: Prices
    amounts: Amounts
    measured_ratio_permille: int

    @property
    def owner(self) -> tuple[str, str, str, str, str]:
        """Whose it is; once in an hour of a pool."""
        return (self.department, self.environment, self.product, self.purpose, self.tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHour:
    """One pool in the hour from `start` in UTC.

    `capacity` is what the pool had to give; None where there is no such thing and what is provisioned is the whole, as
    for volumes. `platform` is what the platform's own pods or volumes held. `base` prices the pool itself.
    `coverage_permille` is the part of the hour that was observed.
    Raises ValueError on a start that is not a full hour in UTC, an owner that stands here twice or is no department, a
    negative amount, and a ratio outside 0..1000.
    """

    start: datetime
    pool: str
    capacity: Amounts | None
    base: Prices
    usages: tuple[Usage, ...]
    platform: Amounts
    coverage_permille: int

    def __post_init__(self) -> None:
        refuse_other_than_full_hour(self.start)
        where = f"pool {self.pool} at {self.start.isoformat()}"
        self._refuse_unclear_owners(where)
        self.supply.refuse_negative(where)
        self.platform.refuse_negative(f"the platform in {where}")
        _refuse_ratio(self.coverage_permille, where)
        for usage in self.usages:
            usage.amounts.refuse_negative(f"{usage.environment} in {where}")
            _refuse_ratio(usage.measured_ratio_permille, f"{usage.environment} in {where}")

    @property
    def held(self) -> Amounts:
        """Everything that environments and the platform held."""
        total = self.platform
        for usage in self.usages:
            total = total.plus(usage.amounts)
        return total

    @property
    def supply(self) -> Amounts:
        """What is to be paid for: the capacity, or what is provisioned."""
        return self.held if self.capacity is None else self.capacity

    def _refuse_unclear_owners(self, where: str) -> None:
        owners = [usage.owner for usage in self.usages]
        if len(set(owners)) < len(owners):
            raise ValueError(f"{where} has two usages of one owner; add up what belongs together")
        if any(usage.department == PLATFORM for usage in self.usages):
            raise ValueError(f"{where} has a usage without a department; count it as the platform's")


def _refuse_ratio(permille: int, what: str) -> None:
    if not 0 <= permille <= 1000:
        raise ValueError(f"{what} has the ratio {permille} per mille; ratios are from 0 to 1000")
