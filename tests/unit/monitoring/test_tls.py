"""Who may read the metrics page: real sockets, and certificates that the operator's own code makes."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from govcloud_api.errors import ConfigError
from govcloud_monitoring import tls, web
from govcloud_monitoring.exposition.page import Page
from govcloud_operators.services import certificates
from govcloud_operators.services.certificates import Pair
from support import mounted
from support.mounted import NAME, STRANGERS, Site, as_client

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Whose files no test changes."""
    return Site(tmp_path_factory.mktemp("standing") / "site")


@pytest.fixture(scope="module")
def standing_port(standing: Site) -> Iterator[int]:
    with scraped(standing) as found:
        yield found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


@contextmanager
def scraped(site: Site) -> Iterator[int]:
    """The port of a metrics page."""
    server = web.scrape_server("127.0.0.1", 0, site.exporter.folder, lambda: [Page(text=(), openmetrics=())])
    with web.serving(server):
        yield server.server_port


@pytest.fixture
def port(site: Site) -> Iterator[int]:
    with scraped(site) as found:
        yield found


def said(connection: socket.socket, request: bytes = REQUEST) -> bytes:
    """Everything that a server answers to a request, and then ends."""
    connection.settimeout(10)
    connection.sendall(request)
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def ask(port: int, how: ssl.SSLContext, request: bytes = REQUEST) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        how.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        return said(secure, request)


def shown(port: int, how: ssl.SSLContext) -> str:
    """Serial number of the certificate that the server shows."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        how.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        found = secure.getpeercert() or {}
        assert said(secure).startswith(b"HTTP/1.0 200 OK\r\n")
        return str(found["serialNumber"])


def test_prometheus_reads_the_page(standing: Site, standing_port: int) -> None:
    how = mounted.context(standing.prometheus.folder, standing.authority.certificate)
    answer = ask(standing_port, how)
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nContent-Type: text/plain; version=0.0.4" in answer


@pytest.mark.parametrize("of", STRANGERS.values(), ids=STRANGERS)
def test_without_a_good_certificate_the_handshake_fails(
    standing: Site, standing_port: int, of: Callable[[Site], Pair | None]
) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(standing_port, as_client(standing, of(standing)))


@pytest.mark.parametrize("name", ["grafana", "Prometheus", "prometheus ", "govcloud_operator"])
def test_another_name_of_the_right_authority_is_turned_away(standing: Site, standing_port: int, name: str) -> None:
    how = as_client(standing, standing.client(name))
    forged = REQUEST.replace(b"Host: x", b"Host: x\r\nGovcloud.Client: prometheus\r\ngovcloud.client: prometheus")
    answer = ask(standing_port, how, forged)
    assert answer.startswith(b"HTTP/1.0 403 Forbidden\r\n")
    assert b"govcloud_" not in answer


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics/../v1/months/2026-11", "/v1/months/2026-11"])
def test_nothing_else_is_served_beside_the_page(standing: Site, standing_port: int, path: str) -> None:
    how = mounted.context(standing.prometheus.folder, standing.authority.certificate)
    answer = ask(standing_port, how, REQUEST.replace(b"/metrics", path.encode()))
    assert answer.startswith(b"HTTP/1.0 404 Not Found\r\n")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_older_versions_of_tls_are_refused(standing: Site, standing_port: int, version: ssl.TLSVersion) -> None:
    how = mounted.context(standing.prometheus.folder, standing.authority.certificate)
    how.set_ciphers("ALL:@SECLEVEL=0")
    how.minimum_version, how.maximum_version = version, version
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
        ask(standing_port, how)


def in_the_clear(port: int) -> bytes:
    """What a server answers to plain HTTP."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            return said(connection)
        except ConnectionResetError:
            return b""


def test_plain_http_gets_no_answer(standing_port: int) -> None:
    assert b"HTTP" not in in_the_clear(standing_port)


def test_renewed_files_hold_from_the_next_connection_on(site: Site, port: int) -> None:
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    assert shown(port, how) == site.exporter.serial()
    for _ in range(3):
        before = site.exporter.serial()
        site.exporter.issue(mounted.EXPORTER, site.authority)
        assert shown(port, how) == site.exporter.serial() != before


def test_no_session_can_be_resumed_when_its_certificate_has_run_out(standing: Site, standing_port: int) -> None:
    how = mounted.context(standing.prometheus.folder, standing.authority.certificate)
    with (
        socket.create_connection(("127.0.0.1", standing_port), timeout=10) as plain,
        how.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        assert said(secure)
        assert secure.session is None or not secure.session.has_ticket


def test_another_authority_is_taken_up_and_the_former_one_forgotten(site: Site, port: int) -> None:
    former = mounted.context(site.prometheus.folder, site.authority.certificate)
    assert ask(port, former).startswith(b"HTTP/1.0 200 OK")
    other = Site(site.root.with_name("other"))
    site.exporter.issue(mounted.EXPORTER, other.authority)
    how = mounted.context(other.prometheus.folder, other.authority.certificate)
    assert ask(port, how).startswith(b"HTTP/1.0 200 OK")
    former.check_hostname, former.verify_mode = False, ssl.CERT_NONE
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(port, former)


@pytest.mark.parametrize("spoilt", ["", "no certificate", None], ids=["empty", "nonsense", "the key of another"])
def test_files_that_cannot_be_used_leave_the_last_ones_in_force(
    site: Site, port: int, spoilt: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    good = site.exporter.serial()
    other = certificates.server(site.authority, "exporter", [NAME], mounted.now())
    half = Pair(certificate=other.certificate if spoilt is None else spoilt, key=site.authority.key)
    site.exporter.write(half, site.authority.certificate)
    for _ in range(3):
        assert shown(port, how) == good
    assert [each.message for each in caplog.records if "cannot be used" in each.message] != []
    assert len(caplog.records) == 1, "it is told once, not for every scrape"
    site.exporter.issue(mounted.EXPORTER, site.authority)
    assert shown(port, how) == site.exporter.serial() != good


def test_a_folder_that_is_gone_for_a_moment_changes_nothing(site: Site, port: int) -> None:
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    good = site.exporter.serial()
    data = site.exporter.folder / "..data"
    data.rename(data.with_name("..away"))
    assert shown(port, how) == good
    data.with_name("..away").rename(data)
    assert shown(port, how) == good


@pytest.mark.parametrize("name", tls.FILES)
def test_without_its_files_a_server_does_not_start(site: Site, name: str) -> None:
    (site.exporter.folder / name).unlink()
    with pytest.raises(ConfigError, match="mount the Secret"):
        tls.Identity(site.exporter.folder, asks_clients=True)


def test_a_server_that_asks_no_clients_still_speaks_tls_alone(site: Site) -> None:
    identity = tls.Identity(site.ledger.folder, asks_clients=False)
    server = web.tls_server("127.0.0.1", 0, web.health(lambda: True), identity)
    with web.serving(server):
        how = ssl.create_default_context(cadata=site.authority.certificate)
        how.check_hostname = False
        answer = ask(server.server_port, how, REQUEST.replace(b"/metrics", b"/healthz"))
        assert answer.endswith(b"\r\n\r\nok\n")
        assert b"HTTP" not in in_the_clear(server.server_port)


def test_many_connections_while_files_change_are_all_answered(site: Site, port: int) -> None:
    """A reader between two versions sees one of them, never a mixture."""
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    made = [certificates.server(site.authority, "exporter", [NAME], mounted.now()) for _ in range(5)]
    stop = threading.Event()

    def renew() -> None:
        for pair in itertools.cycle(made):
            site.exporter.write(pair, site.authority.certificate)
            if stop.wait(0.005):
                return

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        serials = {shown(port, how) for _ in range(40)}
    finally:
        stop.set()
        thread.join()
    assert len(serials) > 1
    assert shown(port, how) == site.exporter.serial()
