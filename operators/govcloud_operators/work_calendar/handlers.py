"""Events about WorkCalendars -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """Deadlines of open requests may move, and policies may find theirs."""
    yield Key("WorkCalendar", None, obj["metadata"]["name"])
    yield Key("WorkCalendarFanOut", None, "all")
