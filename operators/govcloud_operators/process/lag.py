"""How late the event loop comes back to what is due: what works in it, instead of waiting, holds up all else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

EVERY_SECONDS = 0.5
WINDOW_SECONDS = 60.0
"""Two scrapes: each sees the worst of all that happened since the one before."""


class Lag:
    """The largest lag of the last `WINDOW_SECONDS`. Lives in the loop it measures."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the monotonic clock."""
        self._now = now
        self._known = deque[tuple[float, float]]()
        """(when, lag in seconds): later ones are smaller, for a larger one makes those before it pointless."""

    def note(self, seconds: float) -> None:
        """It was so late just now."""
        while self._known and self._known[-1][1] <= seconds:
            self._known.pop()
        self._known.append((self._now(), seconds))
        self._forget()

    def largest_seconds(self) -> float:
        """0 when nothing is known."""
        self._forget()
        return self._known[0][1] if self._known else 0.0

    async def measure(self, *, every_seconds: float = EVERY_SECONDS) -> None:
        """Note for ever how much later than asked for this is woken."""
        while True:
            due = self._now() + every_seconds
            await asyncio.sleep(every_seconds)
            self.note(max(0.0, self._now() - due))

    def _forget(self) -> None:
        oldest = self._now() - WINDOW_SECONDS
        while self._known and self._known[0][0] < oldest:
            self._known.popleft()
