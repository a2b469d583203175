"""The exporter process: `python3 -m govcloud_monitoring.serve`. Wiring, threads and signals; no decisions."""

from __future__ import annotations

import gc
import importlib.metadata
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from govcloud_api.errors import GovcloudError
from govcloud_kube import real
from govcloud_monitoring import settings, web
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.kubernetes.reader import KINDS, KubernetesReader
from govcloud_monitoring.settings import Settings
from govcloud_monitoring.source import Clock, Source, Tracker
from govcloud_monitoring.watch import families as watches
from govcloud_monitoring.watch.follower import Api, Terms
from govcloud_monitoring.watch.restarts import Restarts

logger = logging.getLogger(__name__)

API_TIMEOUT_SECONDS = 5
"""For one request; with the client's retries a dead API server is reported well before /healthz fails."""
AGAIN_SECONDS = 1.0
"""Pause while the source is down: a look at the stores costs nothing, and is the sooner to show that all is known."""


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


def run(api: Api, options: Settings, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when a port is taken, ConfigError without certificates."""
    clock, restarts = Clock(monotonic=time.monotonic, wall=time.time), Restarts(KINDS)
    terms = Terms(api=api, now=clock.monotonic, stale_seconds=options.stale_seconds, restarts=restarts)
    reader = KubernetesReader(terms)
    source = Source(name="kubernetes", read=reader.read, families=families, heard_at=reader.heard_at)
    tracker = Tracker(source, clock, stale_after_seconds=options.stale_seconds)
    collector = ExporterCollector(
        [tracker],
        importlib.metadata.version("govcloud"),
        options.revision,
        more=lambda: watches.families(restarts.counts()),
    )
    healthy = web.health(lambda: max(tracker.idle_seconds(), reader.idle_seconds()) < options.hang_seconds)
    with web.serving(
        web.scrape_server(options.host, options.port, options.tls_folder, collector.pages),
        web.server(options.host, options.health_port, healthy),
    ):
        logger.info("exporter listens on %s:%d", options.host, options.port)
        loop = (stop, tracker, options.refresh_seconds, min(AGAIN_SECONDS, options.refresh_seconds))
        for follower in reader.followers:
            follower.start()
        threading.Thread(target=refresh_until, args=loop, name="refresh", daemon=True).start()
        stop.wait()
        for follower in reader.followers:
            follower.stop()


def main() -> int:
    """Exit code 0 after SIGTERM or SIGINT, 3 when the environment is wrong."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        options = settings.from_environment(os.environ)
        api = real.connect(options.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)
        gc.freeze()  # what was imported stays: no collection needs to look at it again
        run(api, options, stop)
    except GovcloudError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all; a trace would hide it
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
