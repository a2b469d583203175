"""kopf as a thin shell: it lists and watches what rooms are about, and each event becomes keys of the queue.

Nothing is stored on objects. kopf keeps the last state of each in an annotation and compares with it, for handlers of
creation and change; we have none, so it is given a store that holds nothing: that is a fifth of what an event costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kopf

from govcloud_kube.real import PAGE_SIZE_OBJECTS
from govcloud_operators.keys import Enqueue
from govcloud_operators.process import login, patience
from govcloud_operators.process.copies import Copies
from govcloud_operators.rooms import Room

REQUEST_SECONDS = 30.0
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 0.1
"""How long what kopf made for an object's event, and the event, stay after it."""


class Nothing(kopf.DiffBaseStorage, kopf.ProgressStorage):
    """No state of an object is kept, and none compared."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """What would be compared."""
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> None:
        """What was kept."""

    def store(self, **_: Any) -> None:
        """Keep it."""

    def purge(self, **_: Any) -> None:
        """Forget it."""

    def touch(self, **_: Any) -> None:
        """Make a change that is none."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Leave out what was kept."""
        return essence


def registry(rooms: Iterable[Room], copied: Copies, add: Enqueue, kubeconfig: Path | None) -> kopf.OperatorRegistry:
    """One handler a room; `add` is called in kopf's loop."""
    made = kopf.OperatorRegistry()
    for room in rooms:
        if room.by_clock is None:
            _watch(made, room, copied, add)

    @kopf.on.login(registry=made, id="login", retries=3)
    def on_login(**_: object) -> kopf.ConnectionInfo:
        return login.connection(kubeconfig, datetime.now(UTC))

    return made


def _watch(made: kopf.OperatorRegistry, room: Room, copied: Copies, add: Enqueue) -> None:
    @kopf.on.event(*room.resource, registry=made, id=room.kind)
    async def on_event(event: kopf.RawEvent, **_: object) -> None:
        type_, obj = event["type"], dict(event["object"])
        for key in copied.concerned(type_, obj, room.touched(type_, obj)):
            add(key)


def settings() -> kopf.OperatorSettings:
    """No events posted, no kinds looked for, no end to the attempts."""
    made = kopf.OperatorSettings()
    made.posting.enabled = False
    made.scanning.disabled = True
    made.networking.request_timeout = REQUEST_SECONDS
    made.networking.connect_timeout = CONNECT_SECONDS
    made.networking.error_backoffs = patience.Endless()
    made.watching.connect_timeout = CONNECT_SECONDS
    made.watching.chunk_size = PAGE_SIZE_OBJECTS
    made.queueing.idle_timeout = IDLE_SECONDS
    made.persistence.diffbase_storage = made.persistence.progress_storage = Nothing()
    return made
