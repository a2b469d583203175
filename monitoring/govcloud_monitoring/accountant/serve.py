"""The accountant process: `python3 -m govcloud_monitoring.accountant.serve`. Wiring, threads and signals."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client.core import Metric as Family

from govcloud_api.errors import GovcloudError
from govcloud_kube import real
from govcloud_monitoring import process, prometheus, tls, web
from govcloud_monitoring.accountant import answers, backups, departments, idleness, recommendations, settings
from govcloud_monitoring.accountant.closing import Accountant
from govcloud_monitoring.accountant.families import Books, families
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.recording import Recorder
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.bounded import Limits, Server
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.ledger.store import Place, session
from govcloud_monitoring.source import Reading, Source, Tracker

logger = logging.getLogger(__name__)
API_TIMEOUT_SECONDS = 5
STALE_PAUSES = 3.0
HANG_SECONDS = 600.0
API_LIMITS = Limits(at_once=4, wait_seconds=5.0)
"""Each month is a session of the ledger and some questions to Prometheus."""
SELDOM_SECONDS = 3600.0
"""Between two questions about weeks."""


def office(options: Settings, cluster: real.RealCluster) -> Office:
    """On the real Prometheus and the real ledger."""
    place = Place(socket=options.socket, user=options.user, database=options.database)
    return Office(
        options=options, cluster=cluster, ask=prometheus.direct(options.prometheus_url), opened=lambda: session(place)
    )


def run(at: Office, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises OSError when a port is taken, ConfigError without certificates."""
    options = at.options
    books = _tracker("ledger", lambda: at.books(process.now()), families, options.pause_seconds)
    shares = _tracker("departments", lambda: at.departments(process.now()), departments.families, options.pause_seconds)
    backup = _tracker("backup", at.backup, backups.families, options.pause_seconds)
    idle = _tracker("idle", lambda: at.idle(process.now()), idleness.families, SELDOM_SECONDS)
    advice = _tracker("advice", lambda: at.advice(process.now()), recommendations.families, SELDOM_SECONDS)
    version = importlib.metadata.version("govcloud")
    collector = ExporterCollector([books, shares, backup, idle, advice], version, options.revision)
    with web.serving(
        web.scrape_server(options.host, options.port, options.tls_folder, collector.pages),
        _api(at),
        web.server(options.host, options.health_port, web.health(lambda: books.idle_seconds() < HANG_SECONDS)),
    ):
        logger.info("accountant listens on %s:%d, for people on port %d", options.host, options.port, options.api_port)
        threading.Thread(target=_work, args=(at, books, stop), name="work", daemon=True).start()
        _refreshing("departments", stop, shares, options.pause_seconds)
        _refreshing("backup", stop, backup, options.pause_seconds)
        _refreshing("idle", stop, idle, SELDOM_SECONDS, options.pause_seconds)
        _refreshing("advice", stop, advice, SELDOM_SECONDS, options.pause_seconds)
        stop.wait()


def _tracker(
    name: str, read: Callable[[], Reading], shown: Callable[[Reading], Iterable[Family]], pause_seconds: float
) -> Tracker[Reading]:
    source = Source(name=name, read=read, families=shown)
    return Tracker(source, process.CLOCK, stale_after_seconds=STALE_PAUSES * pause_seconds)


def _refreshing(name: str, stop: threading.Event, tracker: Tracker[Any], *pauses_seconds: float) -> None:
    loop = (stop, tracker, *pauses_seconds)
    threading.Thread(target=process.refresh_until, args=loop, name=name, daemon=True).start()


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
