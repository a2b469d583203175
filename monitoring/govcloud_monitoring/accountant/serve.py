"""The accountant process: `python3 -m govcloud_monitoring.accountant.serve`. Wiring, threads and signals."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import signal
import sys
import threading
import time

from govcloud_api.errors import GovcloudError
from govcloud_kube import real
from govcloud_monitoring import prometheus, web
from govcloud_monitoring.accountant import answers, settings
from govcloud_monitoring.accountant.closing import Accountant
from govcloud_monitoring.accountant.families import Books, families
from govcloud_monitoring.accountant.office import Office, clock
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.ledger.store import Place, session
from govcloud_monitoring.source import Clock, Source, Tracker

logger = logging.getLogger(__name__)
API_TIMEOUT_SECONDS = 5
STALE_PAUSES = 3.0
HANG_SECONDS = 600.0


def office(options: Settings, tiers: real.RealCluster) -> Office:
    """On the real Prometheus and the real ledger."""
    place = Place(socket=options.socket, user=options.user, database=options.database)
    return Office(
        options=options, tiers=tiers, ask=prometheus.direct(options.prometheus_url), opened=lambda: session(place)
    )


def run(at: Office, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when the port is taken."""
    options = at.options
    source = Source(name="ledger", read=at.books, families=families)
    stale_seconds = STALE_PAUSES * options.pause_seconds
    tracker = Tracker(source, Clock(monotonic=time.monotonic, wall=time.time), stale_after_seconds=stale_seconds)
    collector = ExporterCollector([tracker], importlib.metadata.version("govcloud"), options.revision)
    pages = web.application(collector.pages, lambda: tracker.idle_seconds() < HANG_SECONDS)
    app = answers.application(lambda first: at.month(first, clock()), pages)
    with web.server(options.host, options.port, app) as server:
        logger.info("accountant listens on %s:%d", *server.server_address[:2])
        threading.Thread(target=_work, args=(at, tracker, stop), name="work", daemon=True).start()
        threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
        stop.wait()
        server.shutdown()


def _work(at: Office, tracker: Tracker[Books], stop: threading.Event) -> None:
    """Close what is due, look at the books, pause. An unexpected error ends it: /healthz then asks for a restart."""
    accountant = Accountant(at.ask)
    while True:
        try:
            at.work(accountant, clock())
        except GovcloudError as error:
            logger.warning("%s; tried again in %.0f s", error, at.options.pause_seconds)
        tracker.refresh()
        if stop.wait(at.options.pause_seconds):
            return


def main() -> int:
    """Exit code 0 after SIGTERM or SIGINT, 3 when the environment is wrong."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        options = settings.from_environment(os.environ)
        tiers = real.connect(options.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)
    except GovcloudError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all; a trace would hide it
        return 3
    run(office(options, tiers), stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
