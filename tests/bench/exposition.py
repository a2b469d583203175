"""One scrape of 10,000 and of 100,000 series, gzip included: ours against prometheus_client over a custom collector.

    python -m tests.bench.exposition

All ways answer the same request (the headers of Prometheus 3.16) with the same families: gauges out of rows, as the
exporter has them, and the health of a source, which is new at each scrape. `stock` is prometheus_client's own WSGI
application, which compresses at level 9; `tuned` is its writer with level 1. Ours: `standing` is a scrape between two
refreshes; `first` is the first one after a refresh in which every value changed: the refresh rendered, the scrape
compresses; `refreshed` is both together, so that nothing is hidden in the refresh. Figures are processor time of this
process. Answers are compared before a figure is told: those of one way byte by byte, ours and theirs as parsed by
prometheus_client.
"""

from __future__ import annotations

import gc
import gzip
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import parser
from prometheus_client.registry import Collector
from tests.bench.figure import Figure, figure

from govcloud_monitoring.collector import LAST_SUCCESS, REFRESH_DURATION, SOURCE_UP
from govcloud_monitoring.exposition import text
from govcloud_monitoring.exposition.lines import Row
from govcloud_monitoring.exposition.page import Page, respond
from govcloud_monitoring.metric import Metric

SIZES = {10_000: 10.0, 100_000: 60.0}
"""Series, and how many milliseconds a scrape of them may take."""
PAIRS = 7
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,"
    "application/openmetrics-text;version=0.0.1;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=0.0.4;q=0.4,*/*;q=0.3"
)
UNITS = ("cores", "bytes", "seconds", "ratio", "")
METRICS = tuple(
    Metric(
        name=f"govcloud_{what}_{unit}".rstrip("_"),
        help=f"What a department's pods take of {what}, by purpose and pool of machines.",
        labels=("department", "purpose", "pool"),
        unit=unit,
    )
    for what in ("requested", "used")
    for unit in UNITS
)
Table = list[tuple[Metric, list[Row]]]
Scrape = Callable[[], bytes]


@dataclass(frozen=True, slots=True, eq=False)  # a registry holds collectors by identity
class World(Collector):
    """What there is to show. prometheus_client asks it to collect, ours reads the rows."""

    table: Table

    def health(self) -> Table:
        """The health of a source; a clock would make answers differ."""
        source = ("kubernetes",)
        return [(SOURCE_UP, [(source, True)]), (REFRESH_DURATION, [(source, 0.25)]), (LAST_SUCCESS, [(source, 1.7e9)])]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All families, as `ExporterCollector` makes them."""
        for metric, rows in (*self.health(), *self.table):
            yield metric.family(rows)


Way = Callable[[World], Scrape]
"""Everything that is done before the scrape; then the scrape."""


def world(series: int) -> World:
    """Ten metrics of departments with two purposes in ten pools, at most; rows in the order that lists have."""
    dice = random.Random(series)  # noqa: S311 - not a secret, and the same every time
    names = [
        (f"department-{department:03}", purpose, f"pool-{pool}")
        for department in range(series // len(METRICS) // 20)
        for purpose in ("production", "test")
        for pool in range(10)
    ]
    return World([(metric, [(name, _value(dice, metric.unit)) for name in names]) for metric in METRICS])


def _value(dice: random.Random, unit: str) -> float:
    """Thousandths of cores, whole bytes, any fraction, or a small count."""
    match unit:
        case "cores" | "seconds":
            return dice.randrange(64_000) / 1000
        case "bytes":
            return dice.randrange(2**38)
        case "ratio":
            return dice.random()
        case _:
            return dice.randrange(4)


def stock(shown: World) -> Scrape:
    """prometheus_client as its documentation says: a registry, a custom collector, its WSGI application."""
    registry = CollectorRegistry()
    registry.register(shown)
    application = make_wsgi_app(registry)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/metrics",
        "HTTP_ACCEPT": ACCEPT,
        "HTTP_ACCEPT_ENCODING": "gzip",
    }
    start: Any = lambda status, headers: None  # noqa: E731 - WSGI's callback; nobody listens
    return lambda: b"".join(application(environ, start))


def tuned(shown: World) -> Scrape:
    """prometheus_client's writer, and gzip as ours."""
    registry = CollectorRegistry()
    registry.register(shown)
    return lambda: gzip.compress(choose_encoder(ACCEPT)[0](registry), 1, mtime=0)


def standing(shown: World) -> Scrape:
    """Ours between two refreshes."""
    page = _page(shown.table)
    respond(ACCEPT, "gzip", [page])
    return lambda: respond(ACCEPT, "gzip", [_page(shown.health()), page])[1]


def first(shown: World) -> Scrape:
    """Ours after a refresh."""
    page = _page(shown.table)
    return lambda: respond(ACCEPT, "gzip", [_page(shown.health()), page])[1]


def refreshed(shown: World) -> Scrape:
    """Ours with the refresh."""
    return lambda: respond(ACCEPT, "gzip", [_page(shown.health()), _page(shown.table)])[1]


OURS = {standing: "between refreshes", first: "first after a refresh", refreshed: "refresh and scrape"}
PEERS = {stock: 10.0, tuned: 0.0}
"""Ours may take so many percent of theirs; 0 is only told."""
WAYS = (stock, standing, tuned, first, refreshed)


def _page(table: Iterable[tuple[Metric, list[Row]]]) -> Page:
    return Page.of(text.of_rows(metric, rows) for metric, rows in table)


def named(series: int, told: str) -> str:
    """Name of the figure of one way at one size."""
    return f"scrape of {series // 1000}k series, {told}"


def scrapes() -> Iterator[Figure]:
    """All sizes and ways; one minute."""
    for series, goal in SIZES.items():
        shown = world(series)
        taken = measured(shown)
        for way, told in OURS.items():
            yield _figure(named(series, told), goal, taken[way])
            for peer, most in PEERS.items():
                yield _part(f"{named(series, told)}, of {peer.__name__}", most, taken[way], taken[peer])
        for peer in PEERS:
            yield _figure(f"prometheus_client: {named(series, peer.__name__)}", 0, taken[peer])
    kept, peak = memory_mib(shown)
    how = f"tracemalloc: lines and their gzip, one format asked for; {peak:.1f} MiB while it is made"
    yield figure(f"page of {series // 1000}k series: memory", kept, "MiB", 0, how)


def _figure(name: str, goal: float, times: list[float]) -> Figure:
    how = f"processor time, gzip included; median of {len(times)} in turns, {min(times):.2f}-{max(times):.2f} ms"
    return figure(name, statistics.median(times), "ms", goal, how)


def _part(name: str, goal: float, ours: list[float], theirs: list[float]) -> Figure:
    part = statistics.median(ours) / statistics.median(theirs)
    how = f"medians of the two; {1 / part:.1f} times as fast as prometheus_client {version('prometheus-client')}"
    return figure(name, part * 100, "%", goal, how)


def measured(shown: World) -> dict[Way, list[float]]:
    """Milliseconds by way, in turns. Raises RuntimeError when two ways do not say the same."""
    said = {way: gzip.decompress(way(shown)()) for way in WAYS}
    if len({said[way] for way in OURS}) != 1 or said[stock] != said[tuned]:
        raise RuntimeError("ours, or theirs, do not say the same among themselves")
    if parsed(said[standing]) != parsed(said[stock]):
        raise RuntimeError("ours and theirs do not say the same: figures would mean nothing")
    taken: dict[Way, list[float]] = {way: [] for way in WAYS}
    for _ in range(PAIRS):
        for way in WAYS:
            scrape = way(shown)
            gc.collect()
            began = time.process_time()
            body = scrape()
            taken[way].append((time.process_time() - began) * 1000)
            if gzip.decompress(body) != said[way]:
                raise RuntimeError(f"{way.__name__} said something else than before")
    return taken


def parsed(body: bytes) -> list[Any]:
    """Every family and sample of a page in OpenMetrics, which is what Prometheus prefers."""
    read: Callable[[str], Iterator[Any]] = parser.text_string_to_metric_families
    return list(read(body.decode()))


def memory_mib(shown: World) -> tuple[float, float]:
    """What a page with its compressed form keeps, and the most while it was made."""
    gc.collect()
    tracemalloc.start()
    page = _page(shown.table)
    respond(ACCEPT, "gzip", [page])
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / 2**20, peak / 2**20


if __name__ == "__main__":
    for found in scrapes():
        sys.stdout.write(f"{found.name}: {found.value:.3f} {found.unit} (at most {found.goal:g}); {found.how}\n")
