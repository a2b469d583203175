"""Which closed requests and whose words may go. Pure; objects are in wire form, as nothing here may fail on an old one.

Evidence comes before room: what an environment still rests on is never touched, a closed request is kept for the
retention, and so is every word about a request that is gone. Only what is beyond the bound of a home goes earlier, and
never before `FRESH`: who floods an own home to be rid of evidence is stopped by its quota for a month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api import conditions
from govcloud_api.objects import Object

CLOSED_BY = {"Denied": "Denied", "Closed": "Ready"}
"""Phase after which nothing changes any more -> the condition whose last change was the end."""
FRESH = timedelta(days=30)
MOST_REQUESTS = 120
"""Closed requests of one home; its quota has room for 200, so 80 places stay for those that are open or in force."""
MOST_WORDS = 600
"""Words of one home about requests that are gone; its quota has room for 1,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long history is kept, and how much of it at most; None: as much as there is."""

    retention: timedelta
    most: int | None


def requests(listed: Iterable[Object], in_force: frozenset[str], now: datetime, limits: Limits) -> list[Object]:
    """Closed requests that may go; `in_force`: UIDs of requests that an environment names as its last."""
    closed = [(end, item) for item in listed if (end := _closed_at(item)) and _uid(item) not in in_force]
    # What nobody had to say a word about is the least evidence.
    ordered = sorted(closed, key=lambda pair: (_was_judged(pair[1]), pair[0], _uid(pair[1])))
    return _over(ordered, now, limits)


def words(orphans: Iterable[Object], now: datetime, limits: Limits) -> list[Object]:
    """Approvals that may go, of those whose request is gone."""
    aged = [(_created(item), item) for item in orphans]
    return _over(sorted(aged, key=lambda pair: (pair[0], _uid(pair[1]))), now, limits)


def may_be_old(approval: Object, now: datetime) -> bool:
    """Is it worth while to look whether its request is gone?"""
    return now - _created(approval) >= FRESH


def _over(ordered: list[tuple[datetime, Object]], now: datetime, limits: Limits) -> list[Object]:
    """The aged ones, and the first in order beyond the bound."""
    surplus = 0 if limits.most is None else max(0, len(ordered) - limits.most)
    return [
        item
        for place, (since, item) in enumerate(ordered)
        if now - since >= limits.retention or (place < surplus and now - since >= FRESH)
    ]


def _closed_at(request: Object) -> datetime | None:
    """When it ended; None while it is open or in force, or when that cannot be told."""
    condition = CLOSED_BY.get(str((request.get("status") or {}).get("phase")))
    found = conditions.find(request, condition) if condition else None
    try:
        return conditions.parse_timestamp(found["lastTransitionTime"]) if found else None
    except (KeyError, ValueError):
        return None


def _was_judged(request: Object) -> bool:
    return bool((request.get("status") or {}).get("decisions"))


def _created(item: Object) -> datetime:
    return conditions.parse_timestamp(item["metadata"]["creationTimestamp"])


def _uid(item: Object) -> str:
    return str(item["metadata"].get("uid", ""))
