"""Our own work queue: keys without duplicates, never two workers on one key, endless retries with jitter.

Lives in one event loop; the work itself runs in threads, so a slow API call never stops the loop.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable

from govcloud_api import errors
from govcloud_kube import backoff
from govcloud_operators.keys import Key
from govcloud_operators.process.counts import Counts, reason_of, shown_kind
from govcloud_operators.process.line import Line

LOG = logging.getLogger(__name__)

BACKOFF_BASE_SECONDS = 0.25
BACKOFF_MAX_SECONDS = 30.0
STUCK_SECONDS = 120.0
PATIENCE_SECONDS = 15.0
"""How long upkeep waits behind what events ask for; then every other turn is its own."""

Work = Callable[[Key], float | None]
"""Reconcile one key; returns seconds until it wants to be called again, None for not by itself."""
Now = Callable[[], float]
"""Monotonic seconds."""


class WorkQueue:
    """Keys that wait: urgent kinds go first, then what events and looks ask for, then upkeep."""

    def __init__(self, work: Work, *, now: Now, urgent: frozenset[str] = frozenset()) -> None:
        """`work` runs in a thread; `now` is the monotonic clock; `urgent` are kinds."""
        self.counts = Counts()
        self._work = work
        self._now = now
        self._urgent_kinds = urgent
        self._urgent, self._ordinary, self._upkeep = self._lines = Line(), Line(), Line()
        self._turns = itertools.cycle((True, False))
        self._running: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: Key, delay_seconds: float = 0.0, *, upkeep: bool = False) -> None:
        """Look at `key` after a pause; an earlier wish for the same key stands. Call it in the loop's thread.

        `upkeep`: nothing is known to have happened.
        """
        ordinary = self._urgent if key.kind in self._urgent_kinds else self._ordinary
        line = self._upkeep if upkeep else ordinary
        if key.name and line.add(key, self._now() + delay_seconds):
            self._wake.set()

    def oldest_seconds(self) -> dict[str, float]:
        """Kind -> how long its oldest run lasts, or its key that is due longest waits; none when nothing is due.

        Kinds are those that are shown (`counts.KINDS`).
        """
        now, oldest = self._now(), dict[str, float]()
        waits = [wait for line in self._lines for wait in line.waiting_seconds(now, self._running).items()]
        for kind, seconds in [*waits, *((key.kind, now - start) for key, start in self._running.items())]:
            shown = shown_kind(kind)
            oldest[shown] = max(seconds, oldest.get(shown, 0.0))
        return oldest

    def stuck_seconds(self) -> float:
        """The same of all kinds: large when nothing moves."""
        return max(self.oldest_seconds().values(), default=0.0)

    def depth(self) -> int:
        """Keys that are due now or being worked on."""
        return sum(line.due(self._now()) for line in self._lines) + len(self._running)

    async def serve(self) -> None:
        """Work for ever; run as many of these as there shall be workers."""
        while True:
            key = await self._next()
            self._running[key] = self._now()
            try:
                await self._run(key)
            finally:
                del self._running[key]
                self._wake.set()

    async def _next(self) -> Key:
        """The next key that is due and that nobody works on."""
        while True:
            pause = self._pop_ready()
            if isinstance(pause, Key):
                return pause
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    def _pop_ready(self) -> Key | float | None:
        """A key to work on, or seconds until one is due (None: no key waits)."""
        now, pauses = self._now(), []
        for line in self._in_turn(now):
            found = line.pop(now, self._running)
            if isinstance(found, Key):
                self._upkeep.discard(found)  # it is looked at now
                return found
            if found is not None:
                pauses.append(found)
        return min(pauses, default=None)

    def _in_turn(self, now: float) -> tuple[Line, ...]:
        """Upkeep that is late shares with what events ask for: neither waits for all of the other."""
        if self._upkeep.late_seconds(now) > PATIENCE_SECONDS and next(self._turns):
            return self._urgent, self._upkeep, self._ordinary
        return self._lines

    async def _run(self, key: Key) -> None:
        start = self._now()
        try:
            again = await asyncio.to_thread(self._work, key)
        except errors.NotReady as error:
            LOG.info("%s: %s", _name(key), error)
            self._finish(key, start, error.delay_seconds)
        except errors.GovcloudError as error:
            LOG.warning("%s: %s: %s", _name(key), type(error).__name__, error)
            self._finish(key, start, self._backoff_seconds(key), reason_of(error))
        except Exception as error:
            LOG.exception("%s: unexpected error", _name(key))
            self._finish(key, start, self._backoff_seconds(key), reason_of(error))
        else:
            self._failures.pop(key, None)
            self._finish(key, start, again)

    def _finish(self, key: Key, start: float, again_seconds: float | None, reason: str = "") -> None:
        self.counts.add(key.kind, self._now() - start, reason)
        if again_seconds is not None:
            self.add(key, again_seconds)

    def _backoff_seconds(self, key: Key) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        return backoff.growing_seconds(failures, base_seconds=BACKOFF_BASE_SECONDS, max_seconds=BACKOFF_MAX_SECONDS)


def _name(key: Key) -> str:
    return "/".join(filter(None, key))
