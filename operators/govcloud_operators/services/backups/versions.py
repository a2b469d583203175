"""Which old versions of a bucket's objects may go for good. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

KEPT = timedelta(days=14)
"""What was deleted or overwritten can be brought back by the platform for so long; buckets of removed instances too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an object, or the mark that it was deleted."""

    key: str
    version_id: str
    modified: datetime
    is_deletion: bool = False


def expired(versions: Iterable[Version], now: datetime) -> tuple[Version, ...]:
    """Those that were replaced or deleted longer than `KEPT` ago, and marks with nothing left behind them."""
    by_key = sorted(versions, key=lambda found: (found.key, found.modified), reverse=True)
    gone: list[Version] = []
    for _, group in groupby(by_key, key=lambda found: found.key):
        gone += _expired_of_one(list(group), now)
    return tuple(gone)


def _expired_of_one(newest_first: list[Version], now: datetime) -> list[Version]:
    """A version is old since its successor came; a mark goes with, or after, the last version that it hides."""
    limit = now - KEPT
    old = [found for successor, found in pairwise(newest_first) if successor.modified <= limit]
    newest = newest_first[0]
    if newest.is_deletion and newest.modified <= limit:
        return [newest, *old]
    return old
