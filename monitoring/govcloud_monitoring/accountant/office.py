"""The accountant at work: reads prices, closes hours, answers for a month. A thin shell around pure parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from govcloud_api import labels
from govcloud_api.errors import NotReady
from govcloud_api.v1alpha1 import ServiceTier
from govcloud_kube.cluster import Objects
from govcloud_monitoring.accountant import month as months
from govcloud_monitoring.accountant.closing import HOUR, Accountant, Tariff, due, full_hour, statements
from govcloud_monitoring.accountant.families import Books
from govcloud_monitoring.accountant.hours import PriceList
from govcloud_monitoring.accountant.questions import AskAt, Stretch, observe
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.store import Ledger
from govcloud_monitoring.ledger.sums import month_bounds

SHORTEST_SECONDS = 60
"""Of a stretch that is worth a provisional look."""


class Tiers(Protocol):
    """The one method of `govcloud_kube.cluster.Cluster` that the accountant needs."""

    def list(self, api_version: str, kind: str) -> Objects:
        """All objects of a kind."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where the accountant finds its books, its witnesses and its prices."""

    options: Settings
    tiers: Tiers
    ask: AskAt
    opened: Callable[[], AbstractContextManager[Ledger]]

    def tariff(self) -> Tariff:
        """The prices in force now. Raises NotReady while the base tier is missing."""
        found = (ServiceTier.parse(each) for each in self.tiers.list(labels.API_VERSION, "ServiceTier"))
        prices = {tier.metadata.name: tier.spec.prices for tier in found}
        if self.options.base_tier not in prices:
            raise NotReady(f"there is no ServiceTier {self.options.base_tier} to price the pools by; make it")
        listed = PriceList(prices, prices[self.options.base_tier])
        return Tariff(prices=listed, method=Method(kind=self.options.method))

    def work(self, accountant: Accountant, now: datetime) -> int:
        """Close what is due; the number of pools' hours written. Raises GovcloudError."""
        tariff = self.tariff()
        with self.opened() as ledger:
            return accountant.round(now, ledger, tariff)

    def books(self) -> Books:
        """For Prometheus. Raises GovcloudError."""
        with self.opened() as ledger:
            newest = ledger.newest()
            return Books(
                totals=ledger.totals(),
                currency=self.options.currency,
                closed_until_seconds=(newest + HOUR).timestamp() if newest else 0.0,
            )

    def month(self, first: date, now: datetime) -> months.Month:
        """The month that begins on `first`, up to now. Raises GovcloudError, ValueError for another day."""
        beginning, end = month_bounds(first)
        with self.opened() as ledger:
            newest = ledger.newest()
            lines, days, hours = ledger.month(first), ledger.by_day(first), ledger.hours(first)
        closed_until = newest + HOUR if newest else None
        running = self._open_hours(max(beginning, closed_until or beginning), min(end, now))
        lines = months.with_provisional(lines, running)
        return months.Month(
            first=first,
            currency=self.options.currency,
            lines=lines,
            days=months.with_provisional_days(days, running),
            pools=months.pool_costs(lines),
            closed_hours=hours,
            closed_until=closed_until,
            until=max(beginning, min(end, now)),
        )

    def _open_hours(self, since: datetime, until: datetime) -> list[Statement]:
        """Hours that are not closed, the running one as far as it has come; hours long past stay what they are."""
        tariff = self.tariff()
        starts = [start for start in due(until, since) if start >= since]
        starts += [start for start in _recent(until) if start >= since and start not in starts]
        stretches = (Stretch(start=start, end=min(start + HOUR, until)) for start in starts)
        long_enough = (each for each in stretches if each.seconds >= SHORTEST_SECONDS)
        return [found for each in long_enough for found in statements(observe(each, self.ask), tariff)]


def _recent(until: datetime) -> tuple[datetime, datetime]:
    """The running hour and the one before, which may still be within its grace."""
    return full_hour(until) - HOUR, full_hour(until)


def clock() -> datetime:
    """Now, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
