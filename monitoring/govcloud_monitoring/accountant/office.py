"""The accountant at work: reads prices, closes hours, answers for a month. A thin shell around pure parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from govcloud_api import labels
from govcloud_api.errors import NotReady
from govcloud_api.v1alpha1 import ServiceTier
from govcloud_kube.cluster import Objects
from govcloud_monitoring.accountant import month as months
from govcloud_monitoring.accountant.closing import HOUR, Accountant, Tariff, begun, statements
from govcloud_monitoring.accountant.days import Days
from govcloud_monitoring.accountant.department_hours import department_hours
from govcloud_monitoring.accountant.departments import Departments, departments, display_names
from govcloud_monitoring.accountant.evidence.questions import observe
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.families import Books
from govcloud_monitoring.accountant.hours import PriceList
from govcloud_monitoring.accountant.idleness import Counts, idle_environments
from govcloud_monitoring.accountant.recommendations import Recommendations, counted, proposals
from govcloud_monitoring.accountant.recording import Recorder
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.advice import measured
from govcloud_monitoring.advice.reserved import namespaces
from govcloud_monitoring.ledger.backup import Backup
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.department_hour import DepartmentHour
from govcloud_monitoring.ledger.recommendation import steps
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.store import Ledger
from govcloud_monitoring.ledger.sums import month_bounds
from govcloud_monitoring.prometheus import AskAt

SHORTEST_SECONDS = 60
"""Of a stretch that is worth a provisional look."""


class Lister(Protocol):
    """The one method of `govcloud_kube.cluster.Cluster` that the accountant needs."""

    def list(self, api_version: str, kind: str) -> Objects:
        """All objects of a kind."""
        ...


State = tuple[int, datetime | None, date]
"""Hours and corrections that are written, the newest hour of departments, the month: books are the same with these."""


class Kept:
    """The books as they were worked out last, and for which state of the ledger."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._books: Books | None = None

    def get(self, state: State, make: Callable[[], Books]) -> Books:
        """Those of a state, made when they are not at hand."""
        if self._books is None or state != self._state:
            self._books, self._state = make(), state
        return self._books


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where the accountant finds its books, its witnesses and its prices."""

    options: Settings
    cluster: Lister
    ask: AskAt
    opened: Callable[[], AbstractContextManager[Ledger]]
    kept: Kept = field(default_factory=Kept)

    def tariff(self) -> Tariff:
        """The prices in force now. Raises NotReady while the base tier is missing."""
        prices = {name: tier.spec.prices for name, tier in self._tiers().items()}
        if self.options.base_tier not in prices:
            raise NotReady(f"there is no ServiceTier {self.options.base_tier} to price the pools by; make it")
        listed = PriceList(prices, prices[self.options.base_tier])
        return Tariff(prices=listed, method=Method(kind=self.options.method))

    def _tiers(self) -> dict[str, ServiceTier]:
        found = (ServiceTier.parse(each) for each in self.cluster.list(labels.API_VERSION, "ServiceTier"))
        return {tier.metadata.name: tier for tier in found}

    def work(self, accountant: Accountant, now: datetime) -> int:
        """Close what is due; the number of pools' hours written. Raises GovcloudError."""
        tariff = self.tariff()
        with self.opened() as ledger:
            return accountant.round(now, ledger, tariff)

    def record(self, recorder: Recorder, now: datetime) -> int:
        """Write down what departments held; the number of hours written. Raises GovcloudError."""
        with self.opened() as ledger:
            return recorder.round(now, ledger)

    def idle(self, now: datetime) -> Counts:
        """Idle environments of now: a question about 35 days, not one for every minute. Raises GovcloudError."""
        return idle_environments(self.ask, now)

    def advice(self, now: datetime) -> Recommendations:
        """What is proposed to departments now, written down with what became of it. Raises GovcloudError.

        Questions about 14 days, asked seldom.
        """
        environments = self.cluster.list(labels.API_VERSION, "Environment")
        known = measured.gather(lambda question: self.ask(question, now), namespaces(environments), ())
        found = proposals(environments, self._tiers(), known)
        with self.opened() as ledger:
            ledger.write_recommendations(list(steps(ledger.recommendations(), found.items, found.has_cpu_milli)))
            return counted(found.items, ledger.met())

    def backup(self) -> Backup:
        """How the ledger's backups stand. Raises GovcloudError."""
        with self.opened() as ledger:
            return ledger.backup()

    def departments(self, now: datetime) -> Departments:
        """What departments may spend, are entitled to, and when their environments end. Raises GovcloudError."""
        found, environments = (self.cluster.list(labels.API_VERSION, kind) for kind in ("Department", "Environment"))
        return departments(found, environments, now)

    def books(self, now: datetime) -> Books:
        """For Prometheus; worked out anew only when something was written or a month began. Raises GovcloudError."""
        first = now.date().replace(day=1)
        with self.opened() as ledger:
            state = ledger.rows(), ledger.newest_of_departments(), first
            return self.kept.get(state, lambda: self._books(ledger, state))

    def _books(self, ledger: Ledger, state: State) -> Books:
        _, departments_newest, first = state
        costs: Counter[str] = Counter()
        for day in ledger.by_day(first):
            costs[day.department] += day.cost_microcents
        return Books(
            totals=ledger.totals(),
            currency=self.options.currency,
            closed_until_seconds=_end_seconds(ledger.newest()),
            departments_until_seconds=_end_seconds(departments_newest),
            month_microcents=dict(costs),
        )

    def month(self, first: date, now: datetime) -> months.Month:
        """The month that begins on `first`, up to now. Raises GovcloudError, ValueError for another day."""
        beginning, end = month_bounds(first)
        with self.opened() as ledger:
            newest = ledger.newest()
            lines, days = ledger.month(first), ledger.by_day(first)
            pools, hours = ledger.pool_costs(first), ledger.hours(first)
            departments, written = ledger.departments(first), ledger.newest_of_departments()
        closed_until = newest + HOUR if newest else None
        since, until = max(beginning, closed_until or beginning), min(end, now)
        running = self._open_hours(since, until)
        # Written after the costs, they may be an hour behind for a moment, or far when the ledger is new to them.
        held = self._open_departments(max(since, written + HOUR if written else since), until)
        return months.Month(
            first=first,
            currency=self.options.currency,
            lines=months.with_provisional(lines, running),
            days=months.with_provisional_days(days, running),
            pools=months.with_provisional_pools(pools, running),
            closed_hours=hours,
            closed_until=closed_until,
            until=max(beginning, until),
            departments=months.with_provisional_departments(departments, held),
        )

    def days(self, first: date) -> Days:
        """The closed hours of the month that begins on `first`. Raises GovcloudError, ValueError for another day."""
        with self.opened() as ledger:
            lines = ledger.days(first)
        found, codes = self.cluster.list(labels.API_VERSION, "Department"), {line.department for line in lines}
        names = display_names(found, codes)
        return Days(first=first, currency=self.options.currency, lines=lines, department_names=names)

    def _open_hours(self, since: datetime, until: datetime) -> list[Statement]:
        """Hours that are not closed, the running one as far as it has come; hours long past stay what they are."""
        tariff = self.tariff()
        return [found for each in _open(since, until) for found in statements(observe(each, self.ask), tariff)]

    def _open_departments(self, since: datetime, until: datetime) -> list[DepartmentHour]:
        """What departments held in them."""
        return [found for each in _open(since, until) for found in department_hours(each, self.ask)]


def _end_seconds(start: datetime | None) -> float:
    """Of the hour that began then, 0 for none."""
    return (start + HOUR).timestamp() if start else 0.0


def _open(since: datetime, until: datetime) -> Iterator[Stretch]:
    """Hours since then, without a last one that has hardly begun."""
    stretches = (Stretch(start=start, end=min(start + HOUR, until)) for start in begun(until, since))
    return (each for each in stretches if each.seconds >= SHORTEST_SECONDS)
