"""The exporter's process in a full cluster on a real API server, see `population`; and what its Prometheus takes.

    python -m tests.bench.monitoring

The exporter runs as its image runs it: own process, own account's rights, mutual TLS, settings as deployed. Sums of
each department on its page are compared with what was made before a figure is told, and again after a minute of
changes.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from tests.bench import counting, population, prometheus_memory
from tests.bench.counting import Audit
from tests.bench.figure import Figure, end_in_order, figure, folder, progress
from tests.bench.population import LARGE, SMALL, Population
from tests.bench.reading.canned import Size

from support import exporter_process, outages
from support.apiserver import ApiServer
from support.exporter_process import Exporter
from support.waiting import wait

STARTS, LOG = 5, "exporter.log"
SCRAPES, SCRAPE_PAUSE_SECONDS = 50, 0.2
CHURN_SECONDS, SCRAPE_SECONDS = 60, 15.0
CHURN_PART = 500
"""One of so many pods is replaced each second."""
LOOK_SECONDS, LONG_SECONDS = 0.05, 120
REFRESH = 'govcloud_source_refresh_duration_seconds{source="kubernetes"} '
FIRST_SECONDS, PEAK_MIB, LINEAR_TIMES = 10.0, 200.0, 12.0
NEARLY_NONE = 0.01
"""A goal of 0 would mean that the figure is only told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the exporter asked the API server for while it was scraped, and in as long a time without."""

    requests: int
    watches: int
    watches_without: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn:
    """What changes took. `refresh_seconds`: wall-clock time of one refresh, the slowest that was seen."""

    pods: int
    cpu_seconds: float
    peak_mib: float
    refresh_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All of one size. `starts`: seconds until the first whole page, and `cpu_seconds` of reading and writing it."""

    starts: Sequence[float]
    cpu_seconds: Sequence[float]
    asked: Asked
    churn: Churn


def on_a_full_cluster() -> Iterator[Figure]:
    """All of it; some ten minutes."""
    small, large = _measured(SMALL), _measured(LARGE)
    yield from _starts(small, large)
    yield from _scraped(large.asked)
    yield from _churned(small, large)
    yield from prometheus_memory.of_our_metrics()


def _told(size: Size) -> str:
    return (
        f"{size.nodes} nodes, {size.pods:,} pods, {size.namespaces:,} environments of {size.departments} departments "
        "on a real API server; machines, containers and volumes are only said to be there"
    )


def _measured(size: Size) -> Found:
    progress(f"a cluster of {size.pods:,} pods")
    with folder() as place, population.populated(place, size) as (server, people):
        starts = [_first_page_seconds(server, people) for _ in range(STARTS)]
        cpu_seconds = [_reading_cpu_seconds(server, people) for _ in range(STARTS)]
        with _running(server) as exporter:
            _wait_for(exporter, exporter_process.IS_UP)
            asked = _asked(exporter, Audit(server.audit_log))
            return Found(starts=starts, cpu_seconds=cpu_seconds, asked=asked, churn=_changed(exporter, people))


@contextmanager
def _running(server: ApiServer) -> Iterator[Exporter]:
    own = server.folder / f"exporter-{time.monotonic_ns()}"
    own.mkdir()
    with exporter_process.running(exporter_process.kubeconfig(server), own / LOG) as exporter:
        yield exporter


def _first_page_seconds(server: ApiServer, people: Population) -> float:
    began = time.monotonic()
    with _running(server) as exporter:
        _wait_for(exporter, exporter_process.IS_UP)
        took = time.monotonic() - began
        progress(f"first page after {took:.2f} s")
        _require_right(exporter, people)
    return took


def _reading_cpu_seconds(server: ApiServer, people: Population) -> float:
    """Processor time from when the process waits for the API server, which says nothing yet, to a whole page.

    What its start takes is left out: it is the same for every size. Nobody asks for the page meanwhile.
    """
    with ExitStack() as stack:
        with outages.hung(server):
            exporter = stack.enter_context(_running(server))
            _wait_for_log(exporter, "source kubernetes is down")
            before = counting.threads_cpu_seconds(exporter.pid)
        _wait_for_log(exporter, "source kubernetes is up again")
        took = counting.threads_cpu_seconds(exporter.pid) - before
        progress(f"{took:.3f} s of processor time until the first page")
        _require_right(exporter, people)
    return took


def _require_right(exporter: Exporter, people: Population) -> None:
    if population.shown(exporter.samples()) != people.sums():
        raise RuntimeError("the exporter's sums are not what was made: figures would mean nothing")


def _wait_for_log(exporter: Exporter, words: str) -> None:
    wait(lambda: words in (exporter.site.root.parent / LOG).read_text(), seconds=LONG_SECONDS)


def _wait_for(exporter: Exporter, line: str) -> None:
    deadline = time.monotonic() + LONG_SECONDS
    while line not in _page(exporter):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the exporter's page has no line {line!r} after {LONG_SECONDS} s")
        time.sleep(LOOK_SECONDS)


def _page(exporter: Exporter) -> str:
    """Empty while nobody listens yet."""
    try:
        return _scrape(exporter)
    except OSError:
        return ""


def _scrape(exporter: Exporter) -> str:
    status, page = exporter.get("/metrics")
    if status != HTTPStatus.OK:
        raise RuntimeError(f"a scrape was answered with {status}: {page[:200]}")
    return page


def _asked(exporter: Exporter, audit: Audit) -> Asked:
    progress(f"{SCRAPES} scrapes")
    mark, began = audit.mark(), time.monotonic()
    for _ in range(SCRAPES):
        _scrape(exporter)
        time.sleep(SCRAPE_PAUSE_SECONDS)
    found, took = audit.verbs(mark, exporter_process.USER), time.monotonic() - began
    mark = audit.mark()
    time.sleep(took)
    quiet = audit.verbs(mark, exporter_process.USER)
    if not quiet["watch"]:
        raise RuntimeError("the audit log tells nothing of the exporter: that none was asked would mean nothing")
    return Asked(requests=found.total() - found["watch"], watches=found["watch"], watches_without=quiet["watch"])


def _changed(exporter: Exporter, people: Population) -> Churn:
    pods_per_second = people.size.pods // CHURN_PART
    progress(f"{pods_per_second} pods a second are replaced")
    before, slowest = counting.cpu_seconds(exporter.pid), 0.0
    with people.changing(pods_per_second):
        until = time.monotonic() + CHURN_SECONDS
        while time.monotonic() < until:
            time.sleep(min(SCRAPE_SECONDS, max(0.0, until - time.monotonic())))
            slowest = max(slowest, float(_scrape(exporter).partition(REFRESH)[2].split()[0]))
    found = Churn(
        pods=people.replaced(),
        cpu_seconds=counting.cpu_seconds(exporter.pid) - before,
        peak_mib=counting.peak_mib(exporter.pid),
        refresh_seconds=slowest,
    )
    wait(lambda: population.shown(exporter.samples()) == people.sums())
    return found


def _starts(small: Found, large: Found) -> Iterator[Figure]:
    how = (
        f"from the start of the process to its first page with everything; median of {STARTS}, "
        f"{min(large.starts):.2f}-{max(large.starts):.2f} s; {_told(LARGE)}"
    )
    yield figure("exporter: first page of a full cluster", statistics.median(large.starts), "s", FIRST_SECONDS, how)
    tenth, whole = (statistics.median(found.cpu_seconds) for found in (small, large))
    how = (
        f"processor time of the process for lists, sums and page, without its start, medians of {STARTS}: "
        f"{whole:.3f} s; {tenth:.3f} s for a tenth of everything"
    )
    yield figure("exporter: processor time for ten times as much", whole / tenth, "times", LINEAR_TIMES, how)


def _scraped(asked: Asked) -> Iterator[Figure]:
    how = (
        f"{asked.requests} requests but watches of the exporter's user in the API server's audit log while its page "
        f"was asked for {SCRAPES} times over mutual TLS; the goal is none. Watches that ended after their time and "
        f"went on: {asked.watches} meanwhile, {asked.watches_without} in as long a time without scrapes"
    )
    yield figure("exporter: API requests a scrape", asked.requests / SCRAPES, "requests", NEARLY_NONE, how)


def _churned(small: Found, large: Found) -> Iterator[Figure]:
    before, after = small.churn, large.churn
    how = f"VmHWM of the process after {CHURN_SECONDS} s in which {after.pods:,} pods were replaced; {_told(LARGE)}"
    yield figure("exporter: memory at a full cluster", after.peak_mib, "MiB", PEAK_MIB, how)
    how = (
        f"processor time of the process in {CHURN_SECONDS} s in which {after.pods:,} pods were replaced, each by three "
        f"events; a tenth of everything, {before.pods} pods: {before.cpu_seconds:.2f} s; a refresh took up to "
        f"{after.refresh_seconds:.3f} s, and {before.refresh_seconds:.3f} s"
    )
    yield figure("exporter: a minute of changes", after.cpu_seconds, "s", 0, how)


if __name__ == "__main__":
    end_in_order()
    for each in on_a_full_cluster():
        sys.stdout.write(f"{each.name}: {each.value:.3f} {each.unit} (at most {each.goal:g}); {each.how}\n")
        sys.stdout.flush()
