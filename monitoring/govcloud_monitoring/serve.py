"""The exporter process: `python3 -m govcloud_monitoring.serve`. Wiring, threads and signals; no decisions."""

from __future__ import annotations

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
from govcloud_monitoring.kubernetes.fetch import KubernetesReader, RawReader
from govcloud_monitoring.kubernetes.snapshot import Snapshot
from govcloud_monitoring.settings import Settings
from govcloud_monitoring.source import Clock, Source, Tracker

logger = logging.getLogger(__name__)

API_TIMEOUT_SECONDS = 5
"""For one request; with the client's retries a dead API server is reported well before /healthz fails."""


def kubernetes_tracker(api: RawReader, options: Settings) -> Tracker[Snapshot]:
    """The source `kubernetes` on the real clock."""
    source = Source(name="kubernetes", read=KubernetesReader(api).read, families=families)
    clock = Clock(monotonic=time.monotonic, wall=time.time)
    return Tracker(source, clock, stale_after_seconds=options.stale_seconds)


def refresh_until(stop: threading.Event, tracker: Tracker[Any], pause_seconds: float) -> None:
    """Refresh, pause, again, until `stop`. An unexpected error ends the loop: /healthz then asks for a restart."""
    while True:
        tracker.refresh()
        if stop.wait(pause_seconds):
            return


def run(api: RawReader, options: Settings, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when the port is taken."""
    tracker = kubernetes_tracker(api, options)
    collector = ExporterCollector([tracker], importlib.metadata.version("govcloud"), options.revision)
    app = web.application(collector.pages, lambda: tracker.idle_seconds() < options.hang_seconds)
    with web.server(options.host, options.port, app) as server:
        logger.info("exporter listens on %s:%d", *server.server_address[:2])
        loop = (stop, tracker, options.refresh_seconds)
        threading.Thread(target=refresh_until, args=loop, name="refresh", daemon=True).start()
        threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
        stop.wait()
        server.shutdown()


def main() -> int:
    """Exit code 0 after SIGTERM or SIGINT, 3 when the environment is wrong."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        options = settings.from_environment(os.environ)
        api = real.connect(options.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)
    except GovcloudError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all; a trace would hide it
        return 3
    run(api, options, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
