"""The accountant process: `python3 -m govcloud_monitoring.accountant.serve`. Wiring, threads and signals."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
import threading
from collections.abc import Callable

from govcloud_api.errors import GovcloudError
from govcloud_kube import real
from govcloud_monitoring import process, prometheus, tls, web
from govcloud_monitoring.accountant import answers, budgets, idleness, settings
from govcloud_monitoring.accountant.closing import Accountant
from govcloud_monitoring.accountant.families import Books, families
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.recording import Recorder
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.bounded import Limits, Server
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.ledger.store import Place, session
from govcloud_monitoring.source import Source, Tracker

logger = logging.getLogger(__name__)
API_TIMEOUT_SECONDS = 5
STALE_PAUSES = 3.0
HANG_SECONDS = 600.0
API_LIMITS = Limits(at_once=4, wait_seconds=5.0)
"""Each month is a session of the ledger and some questions to Prometheus."""
SELDOM_SECONDS = 3600.0
"""Between two questions about five weeks."""


def office(options: Settings, tiers: real.RealCluster) -> Office:
    """On the real Prometheus and the real ledger."""
    place = Place(socket=options.socket, user=options.user, database=options.database)
    return Office(
        options=options, tiers=tiers, ask=prometheus.direct(options.prometheus_url), opened=lambda: session(place)
    )


def run(at: Office, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when a port is taken, ConfigError without certificates."""
    options, now = at.options, process.CLOCK
    ledger = Source(name="ledger", read=lambda: at.books(process.now()), families=families)
    idle = Source(name="idle", read=lambda: at.idle(process.now()), families=idleness.families)
    books = Tracker(ledger, now, stale_after_seconds=STALE_PAUSES * options.pause_seconds)
    seldom = Tracker(idle, now, stale_after_seconds=STALE_PAUSES * SELDOM_SECONDS)
    limits = Source(name="budgets", read=at.budgets, families=budgets.families)
    budget = Tracker(limits, now, stale_after_seconds=STALE_PAUSES * options.pause_seconds)
    collector = ExporterCollector([books, seldom, budget], importlib.metadata.version("govcloud"), options.revision)
    with web.serving(
        web.scrape_server(options.host, options.port, options.tls_folder, collector.pages),
        _api(at),
        web.server(options.host, options.health_port, web.health(lambda: books.idle_seconds() < HANG_SECONDS)),
    ):
        logger.info("accountant listens on %s:%d, for people on port %d", options.host, options.port, options.api_port)
        threading.Thread(target=_work, args=(at, books, stop), name="work", daemon=True).start()
        loop = (stop, budget, options.pause_seconds)
        threading.Thread(target=process.refresh_until, args=loop, name="budgets", daemon=True).start()
        rarely = (stop, seldom, SELDOM_SECONDS, options.pause_seconds)
        threading.Thread(target=process.refresh_until, args=rarely, name="idle", daemon=True).start()
        stop.wait()


def _api(at: Office) -> Server:
    """The API server asks here in the name of people and shows no certificate; a policy lets nobody else in."""
    options = at.options
    app = answers.application({"months": lambda first: at.month(first, process.now()), "days": at.days})
    identity = tls.Identity(options.tls_folder, asks_clients=False)
    return web.tls_server(options.host, options.api_port, app, identity, limits=API_LIMITS)


def _work(at: Office, tracker: Tracker[Books], stop: threading.Event) -> None:
    """Close what is due, look at the books, pause. An unexpected error ends it: /healthz then asks for a restart."""
    accountant, recorder = Accountant(at.ask), Recorder(at.ask)
    while True:
        _try(lambda: at.work(accountant, process.now()), at)
        tracker.refresh()
        _try(lambda: at.record(recorder, process.now()), at)
        if stop.wait(at.options.pause_seconds):
            return


def _try(act: Callable[[], int], at: Office) -> None:
    try:
        act()
    except GovcloudError as error:
        logger.warning("%s; tried again in %.0f s", error, at.options.pause_seconds)


def work(stop: threading.Event) -> None:
    """As the environment says, on real servers. Raises GovcloudError."""
    options = settings.from_environment(os.environ)
    run(office(options, real.connect(options.kubeconfig, timeout_seconds=API_TIMEOUT_SECONDS)), stop)


if __name__ == "__main__":
    sys.exit(process.main(work))
