"""A source of metrics and its refresh. A broken or stuck source loses its series at once: no value is ever frozen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client.core import Metric

from govcloud_api.errors import GovcloudError
from govcloud_monitoring.exposition.page import Page
from govcloud_monitoring.exposition.text import of_family

Reading = TypeVar("Reading")
logger = logging.getLogger(__name__)


NOTHING = Page.of(())


def always() -> float:
    """Plus infinity: when a source that is only asked was last heard of, for all it knows itself."""
    return float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[Reading]):
    """Where metrics come from: `read` does the I/O (raises GovcloudError), `families` is pure.

    A source that is told of changes knows itself when it last heard of them: `heard_at`, in monotonic seconds.
    """

    name: str
    read: Callable[[], Reading]
    families: Callable[[Reading], Iterable[Metric]]
    heard_at: Callable[[], float] = always


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`monotonic` measures ages, `wall` tells the time of day; both in seconds."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _State(Generic[Reading]):
    """The outcome of the last refresh. Times ending in `_at` are monotonic seconds; `page` shows `reading`."""

    reading: Reading | None = None
    page: Page = NOTHING
    read_at: float = 0.0
    attempted_at: float
    duration_seconds: float = 0.0
    last_success_timestamp_seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the exporter says about one source. `last_success_timestamp_seconds` is 0 before the first success."""

    source: str
    up: bool
    refresh_duration_seconds: float
    last_success_timestamp_seconds: float


class Tracker(Generic[Reading]):
    """Holds the last reading of one source. One thread refreshes, others look; the state is swapped as a whole."""

    def __init__(self, source: Source[Reading], clock: Clock, *, stale_after_seconds: float) -> None:
        self._source = source
        self._clock = clock
        self._stale_after_seconds = stale_after_seconds
        self._state: _State[Reading] = _State(attempted_at=clock.monotonic())

    def refresh(self) -> bool:
        """Read the source once and write its page; False, a log line and no reading when that fails.

        The same reading as before (the same object) has the same page.
        """
        before = self._state
        started = self._clock.monotonic()
        try:
            reading, failure = self._source.read(), ""
            page = before.page if reading is before.reading else self._written(reading, before.page)
        except GovcloudError as error:
            reading, failure, page = None, str(error), NOTHING
        ended = self._clock.monotonic()
        success = reading is not None
        self._state = _State(
            reading=reading,
            page=page,
            read_at=started,
            attempted_at=ended,
            duration_seconds=ended - started,
            last_success_timestamp_seconds=self._clock.wall() if success else before.last_success_timestamp_seconds,
            failure=failure,
        )
        self._report(before.failure, failure)
        return success

    def families(self) -> Iterable[Metric]:
        """The source's families; none when the last refresh failed or is too long ago."""
        reading = self._fresh(self._state)
        return () if reading is None else self._source.families(reading)

    def reading(self) -> Reading | None:
        """The last reading; None when the last refresh failed or is too long ago."""
        return self._fresh(self._state)

    def page(self) -> Page:
        """The same as a part of a scrape's answer, written when the source was read; empty when it is too old."""
        state = self._state
        return NOTHING if self._fresh(state) is None else state.page

    def health(self) -> Health:
        """Whether the source can be believed now."""
        state = self._state
        return Health(
            source=self._source.name,
            up=self._fresh(state) is not None,
            refresh_duration_seconds=state.duration_seconds,
            last_success_timestamp_seconds=state.last_success_timestamp_seconds,
        )

    def idle_seconds(self) -> float:
        """Time since a refresh last ended, well or badly: large when the refresh loop stands still."""
        return self._clock.monotonic() - self._state.attempted_at

    def _written(self, reading: Reading, before: Page) -> Page:
        return Page.of(map(of_family, self._source.families(reading)), before=before)

    def _fresh(self, state: _State[Reading]) -> Reading | None:
        age_seconds = self._clock.monotonic() - min(state.read_at, self._source.heard_at())
        return state.reading if age_seconds <= self._stale_after_seconds else None

    def _report(self, before: str, now: str) -> None:
        """One line a change, not one a refresh."""
        if now and now != before:
            logger.warning("source %s is down, its series are dropped: %s", self._source.name, now)
        elif before and not now:
            logger.info("source %s is up again", self._source.name)
