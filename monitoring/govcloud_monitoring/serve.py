"""The exporter process: `python3 -m govcloud_monitoring.serve`. Wiring, threads and signals; no decisions."""

from __future__ import annotations

import gc
import importlib.metadata
import logging
import os
import sys
import threading

from govcloud_kube import real
from govcloud_monitoring import process, prometheus, settings, web
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.kubernetes.families import families
from govcloud_monitoring.kubernetes.reader import KINDS, KubernetesReader
from govcloud_monitoring.kubernetes.uses import use_ratios
from govcloud_monitoring.settings import Settings
from govcloud_monitoring.source import Source, Tracker
from govcloud_monitoring.watch import families as watches
from govcloud_monitoring.watch.follower import Api, Terms
from govcloud_monitoring.watch.restarts import Restarts

logger = logging.getLogger(__name__)

API_TIMEOUT_SECONDS = 5
"""For one request; with the client's retries a dead API server is reported well before /healthz fails."""
AGAIN_SECONDS = 1.0
"""Pause while the source is down: a look at the stores costs nothing, and is the sooner to show that all is known."""

USE_SECONDS = 3600.0
"""Between two questions about a week of use."""
USE_AGAIN_SECONDS = 60.0
STALE_PAUSES = 3.0


def run(api: Api, options: Settings, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when a port is taken, ConfigError without certificates."""
    restarts = Restarts(KINDS)
    terms = Terms(api=api, now=process.CLOCK.monotonic, stale_seconds=options.stale_seconds, restarts=restarts)
    asked = prometheus.direct(options.prometheus_url)
    uses = Source(name="use", read=lambda: use_ratios(asked, process.now()), families=lambda _: ())
    use = Tracker(uses, process.CLOCK, stale_after_seconds=STALE_PAUSES * USE_SECONDS)
    reader = KubernetesReader(terms, use.reading)
    source = Source(name="kubernetes", read=reader.read, families=families, heard_at=reader.heard_at)
    tracker = Tracker(source, process.CLOCK, stale_after_seconds=options.stale_seconds)
    collector = ExporterCollector(
        [tracker, use],
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
        threading.Thread(target=process.refresh_until, args=loop, name="refresh", daemon=True).start()
        seldom = (stop, use, USE_SECONDS, USE_AGAIN_SECONDS)
        threading.Thread(target=process.refresh_until, args=seldom, name="use", daemon=True).start()
        stop.wait()
        for follower in reader.followers:
            follower.stop()


def work(stop: threading.Event) -> None:
    """As the environment says, on the real API server. Raises GovcloudError."""
    options = settings.from_environment(os.environ)
    api = real.connect(options.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)
    gc.freeze()  # what was imported stays: no collection needs to look at it again
    run(api, options, stop)


if __name__ == "__main__":
    sys.exit(process.main(work))
