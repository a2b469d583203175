"""The forecaster process: `python3 -m govcloud_monitoring.forecaster.serve`. Wiring, threads and signals."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
import threading
import time
from datetime import timedelta

from govcloud_api.errors import GovcloudError
from govcloud_monitoring import process, prometheus, prometheus_range, web
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.forecaster import settings
from govcloud_monitoring.forecaster.desk import Archive, Desk
from govcloud_monitoring.forecaster.families import families
from govcloud_monitoring.forecaster.pace import Pace, Stopped, pause_seconds
from govcloud_monitoring.forecaster.settings import Settings
from govcloud_monitoring.source import Source, Tracker

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
    source = Source(name="forecast", read=lambda: at.latest(process.now()), families=families)
    stale_seconds = STALE_LOOKS * options.look_seconds
    tracker = Tracker(source, process.CLOCK, stale_after_seconds=stale_seconds)
    collector = ExporterCollector([tracker], importlib.metadata.version("govcloud"), options.revision)
    worker = threading.Thread(target=_work, args=(at, options, stop), name="work", daemon=True)
    healthy = web.health(lambda: worker.is_alive() and tracker.idle_seconds() < HANG_SECONDS)
    with web.serving(
        web.scrape_server(options.host, options.port, options.tls_folder, collector.pages),
        web.server(options.host, options.health_port, healthy),
    ):
        logger.info("forecaster listens on %s:%d", options.host, options.port)
        worker.start()
        look = (stop, tracker, options.look_seconds)
        threading.Thread(target=process.refresh_until, args=look, name="look", daemon=True).start()
        stop.wait()
        worker.join(STOP_SECONDS)


def _work(at: Desk, options: Settings, stop: threading.Event) -> None:
    """A run an hour. An unexpected error ends it: /healthz then asks for a restart."""
    pause = options.first_seconds
    while not stop.wait(pause):
        began = time.monotonic()
        pace = Pace(options.processor_share, processor_seconds=time.thread_time, wait=stop.wait)
        try:
            found = at.work(process.now(), pace.rest)
        except Stopped:
            return
        except GovcloudError as error:
            logger.warning("%s; tried again in %.0f s", error, options.retry_seconds)
            pause = options.retry_seconds
        else:
            took = time.monotonic() - began
            logger.info("%d series looked at in %.0f s", len(found.answers), took)
            pause = pause_seconds(took, options.every_seconds)


def work(stop: threading.Event) -> None:
    """As the environment says, on the real Prometheus. Raises GovcloudError."""
    options = settings.from_environment(os.environ)
    run(desk(options), options, stop)


if __name__ == "__main__":
    sys.exit(process.main(work))
