"""Whose turn is it? A memory of the process only: after a start everything has its turn anew, spread over one pause."""

from __future__ import annotations

import threading
import zlib
from datetime import datetime, timedelta


class Turns:
    """Safe in several threads: of two that ask at the same time one gets the turn."""

    def __init__(self, pause: timedelta) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._next: dict[str, datetime] = {}

    def take(self, name: str, now: datetime) -> bool:
        """True once a pause for each name; the first turn comes within the first pause."""
        with self._lock:
            due = self._next.setdefault(name, now + self._pause * (zlib.crc32(name.encode()) % 1000 / 1000))
            if now < due:
                return False
            self._next[name] = now + self._pause
            return True
