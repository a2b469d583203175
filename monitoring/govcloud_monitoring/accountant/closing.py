"""Which hours are to be closed now, and closing them: observe, split, write."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from govcloud_api.errors import Conflict
from govcloud_monitoring.accountant.evidence.questions import Observed, observe, observed_until
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.hours import PriceList, pool_hours
from govcloud_monitoring.ledger import hour as hours
from govcloud_monitoring.ledger.charge import Statement
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.prometheus import AskAt

logger = logging.getLogger(__name__)
HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=5)
"""After an hour's end: the last samples are scraped, and the rules have seen them."""
LOOK_BACK = timedelta(days=14)
"""Prometheus keeps more, but on a large site perhaps not much more; what was not closed before stays open."""


class Book(Protocol):
    """Where hours are written; see `ledger.store.Ledger`."""

    def newest(self) -> datetime | None:
        """The beginning of the newest hour that is closed for any pool."""
        ...

    def close_hour(self, statement: Statement) -> None:
        """Write a pool's hour, all or nothing. Raises Conflict when it is there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What the ledger prices with, and how shares are borne."""

    prices: PriceList
    method: Method


def full_hour(moment: datetime) -> datetime:
    """The hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def begun(now: datetime, since: datetime | None) -> Iterator[datetime]:
    """Hours from the full hour `since` on that have begun, oldest first; at most as far back as `LOOK_BACK`."""
    beginning = full_hour(now - LOOK_BACK) + HOUR
    start = beginning if since is None else max(beginning, since)
    while start < now:
        yield start
        start += HOUR


def due(now: datetime, newest: datetime | None) -> Iterator[datetime]:
    """Those from `newest` on (None: all) that have ended `GRACE` ago.

    `newest` itself is among them: whoever closed it may have been stopped between two pools.
    """
    return (start for start in begun(now, newest) if start + HOUR + GRACE <= now)


def statements(observed: Observed, tariff: Tariff) -> tuple[Statement, ...]:
    """Every pool's hour, split; none when nothing was observed: nobody is charged for what nobody saw."""
    if not observed.coverage_permille:
        return ()
    found = pool_hours(observed, tariff.prices)
    return tuple(hours.statement(each, tariff.method) for each in found)


class Accountant:
    """Closes hours, one after another, and goes on where it or another stopped."""

    def __init__(self, ask: AskAt) -> None:
        self._ask = ask
        self._done: datetime | None = None

    def round(self, now: datetime, book: Book, tariff: Tariff) -> int:
        """Close what is due; the number of pools' hours written. Raises GovcloudError at the first that cannot be.

        With a clock that is ahead nothing was seen yet, and nothing is due.
        """
        seen = observed_until(now, self._ask)
        if seen is None:
            return 0
        written = 0
        for start in due(min(now, seen), self._done or book.newest()):
            if start == self._done:
                continue
            observed = observe(Stretch(start=start, end=start + HOUR), self._ask)
            written += sum(_write(book, each) for each in statements(observed, tariff))
            self._done = start
        return written


def _write(book: Book, statement: Statement) -> bool:
    try:
        book.close_hour(statement)
    except Conflict as error:
        logger.info("%s", error)  # it was written before, or by another: either way it stands
        return False
    logger.info("closed %s of pool %s: %d lines", statement.start.isoformat(), statement.pool, len(statement.charges))
    return True
