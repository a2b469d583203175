"""Not more writes a second than the API server bears beside its other users: a token bucket.

A part of the bucket is kept for what people wait for: a flood of upkeep never makes them wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BURST_SECONDS = 1.0
"""How much of the rate may be saved up and spent at once."""
PAUSE_MIN_SECONDS = 0.001
KEPT_FOR_PEOPLE = 0.25
"""Part of the bucket that only urgent writes may take."""


class Pace:
    """A token bucket. Safe to use from several threads; `sleep` and `now` are the clock's."""

    def __init__(
        self,
        writes_per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = writes_per_second
        self._size = max(2.0, writes_per_second * BURST_SECONDS)
        self._tokens = self._size
        self._now = now
        self._sleep = sleep
        self._filled_at = now()
        self._lock = threading.Lock()
        self._here = threading.local()
        self.waited_seconds = 0.0
        """How long writes waited in all."""

    @contextmanager
    def urgent(self, *, yes: bool = True) -> Iterator[None]:
        """What this thread writes within is what somebody waits for."""
        self._here.urgent = yes
        try:
            yield
        finally:
            self._here.urgent = False

    def take(self) -> None:
        """Wait for one write's turn."""
        while (pause := self._try()) > 0:
            self.waited_seconds += pause
            self._sleep(pause)

    def _try(self) -> float:
        """Take a token and return 0, or the seconds after which to try again."""
        kept = 0.0 if getattr(self._here, "urgent", False) else self._size * KEPT_FOR_PEOPLE
        with self._lock:
            now = self._now()
            self._tokens = min(self._size, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            missing = kept + 1 - self._tokens
            if missing <= 0:
                self._tokens -= 1
                return 0.0
        return max(missing / self._rate, PAUSE_MIN_SECONDS)
