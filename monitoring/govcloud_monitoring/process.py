"""What the processes of monitoring have in common: they begin, refresh, and end alike. No decisions."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from govcloud_api.errors import GovcloudError
from govcloud_monitoring.source import Clock, Tracker

logger = logging.getLogger(__name__)
CLOCK = Clock(monotonic=time.monotonic, wall=time.time)


def main(work: Callable[[threading.Event], None]) -> int:
    """Do `work` until SIGTERM or SIGINT sets its event: exit code 0. A GovcloudError is said: 3."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        work(stop)
    except GovcloudError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all; a trace would hide it
        return 3
    return 0


def refresh_until(
    stop: threading.Event, tracker: Tracker[Any], pause_seconds: float, again_seconds: float | None = None
) -> None:
    """Refresh, pause, again, until `stop`. An unexpected error ends the loop: /healthz then asks for a restart.

    `again_seconds` is the pause after a refresh that failed, if it is another one.
    """
    while True:
        up = tracker.refresh()
        if stop.wait(pause_seconds if up or again_seconds is None else again_seconds):
            return


def now() -> datetime:
    """In UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
