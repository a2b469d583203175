"""Writes down what departments held, hour by hour, beside the closing of pools: neither waits for the other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from govcloud_api.errors import Conflict
from govcloud_monitoring.accountant.closing import HOUR, due
from govcloud_monitoring.accountant.department_hours import department_hours
from govcloud_monitoring.accountant.evidence.questions import observed_until
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.ledger.department_hour import DepartmentHour
from govcloud_monitoring.prometheus import AskAt

logger = logging.getLogger(__name__)
MOST_HOURS = 24
"""A round: a ledger that is new to this begins two weeks back, and other work waits meanwhile."""


class Book(Protocol):
    """Where hours are written; see `ledger.store.Ledger`."""

    def newest_of_departments(self) -> datetime | None:
        """The beginning of the newest hour that is written."""
        ...

    def write_departments(self, hours: Sequence[DepartmentHour]) -> None:
        """Write an hour, all or nothing. Raises Conflict when it is there."""
        ...


class Recorder:
    """Writes hours, one after another, and goes on where it or another stopped: an hour is there whole or not."""

    def __init__(self, ask: AskAt) -> None:
        self._ask = ask
        self._next: datetime | None = None

    def round(self, now: datetime, book: Book) -> int:
        """Write what is due, at most `MOST_HOURS`; how many were written. Raises GovcloudError where one cannot be.

        As in closing, an hour has ended when somebody saw its end.
        """
        seen = observed_until(now, self._ask)
        if seen is None:
            return 0
        written = 0
        for start in islice(due(min(now, seen), self._next or _after(book.newest_of_departments())), MOST_HOURS):
            hours = department_hours(Stretch(start=start, end=start + HOUR), self._ask)
            written += bool(hours) and _write(book, hours)
            self._next = start + HOUR
        return written


def _after(newest: datetime | None) -> datetime | None:
    return newest + HOUR if newest else None


def _write(book: Book, hours: Sequence[DepartmentHour]) -> bool:
    start = hours[0].start.isoformat()
    try:
        book.write_departments(hours)
    except Conflict as error:
        logger.info("%s", error)  # another wrote it: it stands
        return False
    logger.info("wrote what departments held at %s: %d lines", start, len(hours))
    return True
