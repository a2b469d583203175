"""Small values of all objects of one kind, by key. One thread writes, others look."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Generic

from govcloud_monitoring.watch.wire import Change, Key, Value


class Store(Generic[Value]):
    """Starts empty. Versions are not compared: a list begins anew, and a watch tells everything after it in order."""

    def __init__(self) -> None:
        self._values: dict[Key, Value] = {}
        self._changes = 0
        self._lock = threading.Lock()

    @property
    def changes(self) -> int:
        """Grows whenever a value is not what it was; the same number means the same values."""
        return self._changes

    def values(self) -> tuple[Value, ...]:
        """All values of one moment, in no order."""
        with self._lock:
            return tuple(self._values.values())

    def replace(self, entries: Iterable[tuple[Key, Value]]) -> None:
        """Take over a whole list; until it is read to its end the values before it are shown."""
        values = dict(entries)
        with self._lock:
            self._changes += values != self._values
            self._values = values

    def take(self, change: Change[Value]) -> None:
        """Take over what a watch told."""
        if change.key is None:
            return
        with self._lock:
            if self._values.get(change.key) == change.value:
                return
            self._changes += 1
            if change.value is None:
                del self._values[change.key]
            else:
                self._values[change.key] = change.value
