"""A storm of those who ask: few are served at a time, nothing grows with them, and the work goes on."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from govcloud_monitoring import bounded, web
from govcloud_monitoring.bounded import Limits, Server
from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.exposition.block import Block
from govcloud_monitoring.exposition.page import Page
from govcloud_monitoring.process import refresh_until
from govcloud_monitoring.source import Clock, Source, Tracker
from govcloud_monitoring.tls import Identity
from support import mounted, storm
from support.mounted import NAME, Site
from support.storm import REQUEST

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

CONNECTIONS = 200
MIB = 1 << 20
PAGE_MIB = 2


class Watched:
    """A page of some MiB that notes how many scrapes of it are on their way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self.most = 0
        self._block = Block(b"# " + b"x" * (PAGE_MIB * MIB) + b"\n")

    def pages(self) -> Sequence[Page]:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(0.005)  # a scrape takes a while, and others come meanwhile
        with self._lock:
            self._running -= 1
        return [Page(text=(self._block,), openmetrics=())]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@contextmanager
def scraped(site: Site, pages: Callable[[], Sequence[Page]], **limits: float) -> Iterator[Server]:
    identity = Identity(site.exporter.folder, asks_clients=True)
    given = Limits(**{name: int(value) if name == "at_once" else value for name, value in limits.items()})  # type: ignore[arg-type]  # of their own types
    server = web.tls_server("127.0.0.1", 0, web.metrics(pages), identity, limits=given)
    with web.serving(server):
        yield server


def as_prometheus(site: Site) -> ssl.SSLContext:
    return mounted.context(site.prometheus.folder, site.authority.certificate)


def scrape(site: Site, server: Server) -> int:
    """Bytes of the answer; 0 when it was refused."""
    return asyncio.run(storm.scrape(server.server_port, as_prometheus(site)))


def many(site: Site, server: Server) -> list[int]:
    """The same of all those who come at once."""
    folder, authority = site.prometheus.folder, site.authority.certificate
    return storm.elsewhere(CONNECTIONS, server.server_port, folder, authority)


def resident_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // MIB


class Peak(threading.Thread):
    """The most memory, and threads of connections, that were seen."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._stop_looking = threading.Event()
        self.resident_mib = self.threads = 0

    def run(self) -> None:
        while not self._stop_looking.wait(0.005):
            self.resident_mib = max(self.resident_mib, resident_mib())
            names = [thread.name for thread in threading.enumerate()]
            self.threads = max(self.threads, sum("process_request_thread" in name for name in names))

    def __enter__(self) -> Peak:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_looking.set()
        self.join()


def test_two_hundred_scrapes_at_once_are_served_few_at_a_time_while_the_source_is_read(site: Site) -> None:
    watched, stop = Watched(), threading.Event()
    read: list[float] = []
    source = Source(name="clock", read=lambda: read.append(time.monotonic()) or len(read), families=lambda _: ())
    clock = Clock(monotonic=time.monotonic, wall=time.time)
    tracker = Tracker(source, clock, stale_after_seconds=60)
    own = ExporterCollector([tracker], "1", "r")
    refresh = threading.Thread(target=refresh_until, args=(stop, tracker, 0.01))
    limits = Limits()
    with scraped(site, lambda: [*own.pages(), *watched.pages()], wait_seconds=90) as server:
        refresh.start()
        before_mib, began = resident_mib(), time.monotonic()
        with Peak() as peak:
            lengths = many(site, server)
        ended = time.monotonic()
        stop.set()
        refresh.join()
    assert min(lengths) > PAGE_MIB * MIB, "all of them came to an end, and whole"
    assert 2 <= watched.most <= limits.at_once
    assert 2 <= peak.threads <= limits.at_once + 1  # one of them has just given its place back
    assert peak.resident_mib - before_mib < 4 * limits.at_once * PAGE_MIB
    during = [moment for moment in read if began <= moment <= ended]
    pauses = [later - earlier for earlier, later in itertools.pairwise(during)]
    assert max(pauses) < 2, "the source was read all the time"


def test_a_storm_of_the_impatient_is_refused_and_the_next_scrape_is_served(site: Site) -> None:
    watched = Watched()
    with scraped(site, watched.pages, at_once=1, wait_seconds=0) as server:
        lengths = many(site, server)
        assert 0 < sum(length > 0 for length in lengths) < CONNECTIONS
        assert set(lengths) - {0} == {max(lengths)}
        assert scrape(site, server) == max(lengths)
    assert watched.most == 1


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def test_who_never_shakes_hands_gives_the_place_back(site: Site) -> None:
    with scraped(site, list, at_once=2, wait_seconds=20, handshake_seconds=0.5) as server:
        silent = [connect(server.server_port) for _ in range(6)]
        assert scrape(site, server) > 0
        for connection in silent:
            assert connection.recv(1) == b"", "it was told that it is over"
            connection.close()


def test_a_handshake_byte_by_byte_gets_no_longer_than_another(site: Site) -> None:
    with (
        scraped(site, list, at_once=1, wait_seconds=20, handshake_seconds=1) as server,
        connect(server.server_port) as slow,
    ):
        began = time.monotonic()
        slow.sendall(b"\x16\x03\x01\x02\x00")  # a record of 512 bytes is announced
        with suppress(OSError):
            while time.monotonic() < began + 15:
                slow.sendall(b"\x01")
                time.sleep(0.1)
        assert 0.5 < time.monotonic() - began < 10


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nHost:"], ids=["nothing", "half a request"])
def test_who_falls_silent_after_the_handshake_is_dropped(site: Site, sent: bytes) -> None:
    with scraped(site, list, silence_seconds=0.5) as server:
        how = as_prometheus(site)
        with connect(server.server_port) as plain, how.wrap_socket(plain, server_hostname=NAME) as secure:
            secure.sendall(sent)
            assert secure.recv(1) == b""


def test_who_does_not_read_an_answer_is_dropped(site: Site) -> None:
    watched = Watched()
    with scraped(site, watched.pages, at_once=1, wait_seconds=20, silence_seconds=0.5) as server:
        how = as_prometheus(site)
        with connect(server.server_port) as plain, how.wrap_socket(plain, server_hostname=NAME) as deaf:
            deaf.sendall(REQUEST)
            assert scrape(site, server) > PAGE_MIB * MIB


def test_a_fault_of_a_page_is_told_and_gives_the_place_back(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    broken = True

    def pages() -> Sequence[Page]:
        if broken:
            raise ValueError("a fault of ours")
        return []

    with scraped(site, pages, at_once=1, wait_seconds=0) as server:
        assert scrape(site, server) > 0
        broken = False
        for _ in range(20):
            if found := scrape(site, server):
                break
            time.sleep(0.05)  # the thread of the first one ends
        assert found > 0
    assert "a fault of ours" in capsys.readouterr().err


def test_strangers_fill_neither_the_places_nor_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with scraped(site, list, at_once=1, wait_seconds=20) as server:
        for _ in range(30):
            with connect(server.server_port) as stranger:
                stranger.sendall(REQUEST)
                with suppress(ConnectionResetError):
                    stranger.recv(100)
        assert scrape(site, server) > 0
    told = [each.message for each in caplog.records if each.name == bounded.__name__]
    assert len(told) == 1
    assert "HTTP_REQUEST" in told[0]


def test_a_server_in_the_clear_is_bounded_as_well() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)  # so that others come meanwhile
        with lock:
            running -= 1
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]

    def get(answers: list[bytes]) -> None:
        with connect(server.server_port) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answers.append(connection.makefile("rb").read())

    with web.serving(server := web.server("127.0.0.1", 0, app, limits=Limits(at_once=3, wait_seconds=20))):
        answers: list[bytes] = []
        threads = [threading.Thread(target=get, args=(answers,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [each.endswith(b"\r\n\r\nok\n") for each in answers] == [True] * 20
    assert 2 <= most <= 3
