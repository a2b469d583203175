"""Events about WorkCalendars -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch calendars; deadlines of open requests may move, and policies may find theirs."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "workcalendars", registry=registry, id="work-calendar")
    async def on_event(name: str, **_: object) -> None:
        enqueue(Key("WorkCalendar", None, name))
        enqueue(Key("WorkCalendarFanOut", None, "all"))
