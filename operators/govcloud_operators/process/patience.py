"""kopf is as patient as the rest: it asks an API server that fails without end, and tells of it in one line."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from govcloud_kube import backoff

BACKOFFS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""The last one stays. kopf's own end after 54 s, and with them the process."""
EXPECTED = frozenset({"WatchingError"})
"""Faults of the API server that kopf ends for, by class name: their words say all, a traceback adds nothing."""


class Endless:
    """Pauses between attempts of one request, in seconds, without end: a crowd that failed together spreads out."""

    def __iter__(self) -> Iterator[float]:
        """Each request starts anew."""
        for seconds in BACKOFFS_SECONDS:
            yield backoff.jittered_seconds(seconds)
        while True:
            yield backoff.jittered_seconds(BACKOFFS_SECONDS[-1])


def tame(logger: logging.Logger) -> None:
    """Warnings and worse only, and no tracebacks of what is expected."""
    logger.setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(without_expected_traceback)


def without_expected_traceback(record: logging.LogRecord) -> bool:
    """A logging filter: what is expected loses its traceback, and is not told once more by the event loop."""
    kind = record.exc_info[0] if record.exc_info else None
    if kind is None or kind.__name__ not in EXPECTED:
        return True
    record.exc_info = record.exc_text = None
    return record.name != "asyncio"
