"""Whether what is known of a kind may be shown. Pure.

A quiet watch and a dead API server look the same for a while. So no watch is long: the API server is asked to end each
after some half of the staleness bound, and a new one goes on where it ended, without a list. An API server that opens
watches, tells events or ends watches was heard; one that died, hangs or cannot be reached is not, whichever of several
it is, and whatever its other connections say. So a kind is true while it was listed and its watch was heard of within
the bound. Bookmarks are not asked for more: they come about once a minute, and not at all where nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from govcloud_api.errors import ApiUnavailable

WATCH_PART, SILENT_PART = 0.5, 0.8
"""Of the staleness bound; the rest is left for the next watch to be opened, and for a second attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one kind. `is_followed`: it was listed, and a watch opened there. `heard_at` in monotonic seconds; `trouble`
    is empty while there is none.
    """

    kind: str
    is_followed: bool = False
    heard_at: float
    trouble: str = ""


def watch_seconds(stale_seconds: float) -> int:
    """Longest that a watch is asked to last: whole seconds, at least one."""
    return max(1, int(stale_seconds * WATCH_PART))


def silent_seconds(stale_seconds: float) -> float:
    """How long a watch may say nothing, longer than it lasts when all is well."""
    return stale_seconds * SILENT_PART


def heard_at(standings: Iterable[Standing]) -> float:
    """When all kinds had been heard of, in monotonic seconds; minus infinity while one is not followed."""
    return min(each.heard_at if each.is_followed else -float("inf") for each in standings)


def require_true(standings: Iterable[Standing], now: float, *, stale_seconds: float) -> None:
    """Raises ApiUnavailable when a kind may not be shown at the moment `now`; the text stays the same meanwhile."""
    for each in standings:
        if not each.is_followed:
            raise ApiUnavailable(
                f"{each.kind}: {each.trouble}" if each.trouble else "not all kinds are listed and watched yet"
            )
        if now - each.heard_at > stale_seconds:
            raise ApiUnavailable(f"{each.kind}: not heard of for more than {stale_seconds:g} s: {each.trouble}")
