"""The forecaster process: `python3 -m govcloud_monitoring.forecaster.serve`. Wiring, threads and signals."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from govcloud_api.errors import GovcloudError
from govcloud_monitoring import prometheus, prometheus_range, web
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.forecaster import settings
from govcloud_monitoring.forecaster.answers import Forecasts
from govcloud_monitoring.forecaster.desk import Archive, Desk
from govcloud_monitoring.forecaster.families import families
from govcloud_monitoring.forecaster.pace import Pace, Stopped, pause_seconds
from govcloud_monitoring.forecaster.settings import Settings
from govcloud_monitoring.source import Clock, Source, Tracker

logger = logging.getLogger(__name__)
STALE_LOOKS = 3.0
STALE_RUNS = 2.5
HANG_SECONDS = 600.0
STOP_SECONDS = 10.0


def desk(options: Settings) -> Desk:
    """On the real Prometheus."""
    url = options.prometheus_url
    archive = Archive(now=prometheus.direct(url), past=prometheus_range.direct(url))
    return Desk(archive, stale_after=timedelta(seconds=STALE_RUNS * options.every_seconds))


def run(at: Desk, options: Settings, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when a port is taken, ConfigError without certificates."""
    source = Source(name="forecast", read=lambda: at.latest(clock()), families=families)
    stale_seconds = STALE_LOOKS * options.look_seconds
    tracker = Tracker(source, Clock(monotonic=time.monotonic, wall=time.time), stale_after_seconds=stale_seconds)
    collector = ExporterCollector([tracker], importlib.metadata.version("govcloud"), options.revision)
    worker = threading.Thread(target=_work, args=(at, options, stop), name="work", daemon=True)
    healthy = web.health(lambda: worker.is_alive() and tracker.idle_seconds() < HANG_SECONDS)
    with web.serving(
        web.scrape_server(options.host, options.port, options.tls_folder, collector.pages),
        web.server(options.host, options.health_port, healthy),
    ):
        logger.info("forecaster listens on %s:%d", options.host, options.port)
        worker.start()
        threading.Thread(target=_look, args=(tracker, options, stop), name="look", daemon=True).start()
        stop.wait()
        worker.join(STOP_SECONDS)


def _work(at: Desk, options: Settings, stop: threading.Event) -> None:
    """A run an hour. An unexpected error ends it: /healthz then asks for a restart."""
    pause = options.first_seconds
    while not stop.wait(pause):
        began = time.monotonic()
        pace = Pace(options.processor_share, processor_seconds=time.thread_time, wait=stop.wait)
        try:
            found = at.work(clock(), pace.rest)
        except Stopped:
            return
        except GovcloudError as error:
            logger.warning("%s; tried again in %.0f s", error, options.retry_seconds)
            pause = options.retry_seconds
        else:
            took = time.monotonic() - began
            logger.info("%d series looked at in %.0f s", len(found.answers), took)
            pause = pause_seconds(took, options.every_seconds)


def _look(tracker: Tracker[Forecasts], options: Settings, stop: threading.Event) -> None:
    """Show what the last run found, or drop it when it failed."""
    while True:
        tracker.refresh()
        if stop.wait(options.look_seconds):
            return


def clock() -> datetime:
    """Now, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def main() -> int:
    """Exit code 0 after SIGTERM or SIGINT, 3 when the environment is wrong."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        options = settings.from_environment(os.environ)
        run(desk(options), options, stop)
    except GovcloudError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all; a trace would hide it
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
