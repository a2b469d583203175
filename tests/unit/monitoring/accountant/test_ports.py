"""Each port of the accountant serves its own and nothing else."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from govcloud_api.errors import ConfigError, NotReady
from govcloud_kube.cluster import Objects
from govcloud_monitoring.accountant import serve
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.store import Ledger
from support import apiserver, mounted
from support.mounted import LEDGER, Site


class NoTiers:
    """A cluster without prices."""

    def list(self, api_version: str, kind: str) -> Objects:
        return []


@contextmanager
def _away() -> Iterator[Ledger]:
    raise NotReady("the ledger does not answer")
    yield


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("accountant"))


def office(folder: Path) -> Office:
    """Whose ledger is away."""
    ports = {name: apiserver.free_port() for name in ("port", "api_port", "health_port")}
    options = Settings(host="127.0.0.1", tls_folder=folder, pause_seconds=0.1, **ports)
    return Office(options=options, cluster=NoTiers(), ask=lambda _expression, _at: [], opened=_away)


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[Settings]:
    at, stop = office(site.ledger.folder), threading.Event()
    thread = threading.Thread(target=serve.run, args=(at, stop))
    thread.start()
    deadline = time.monotonic() + 10
    while not listens(at.options.health_port):
        assert time.monotonic() < deadline
        time.sleep(0.05)  # its threads start in their own time
    yield at.options
    stop.set()
    thread.join(10)


def listens(port: int) -> bool:
    """The last of its ports answers."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def get(port: int, path: str, how: ssl.SSLContext | None = None) -> tuple[int, str]:
    """Status and body of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    if how is not None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sock = how.wrap_socket(plain, server_hostname=LEDGER.dns_names[0])
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_metrics_are_for_prometheus(running: Settings, site: Site):
    how = mounted.context(site.prometheus.folder, site.authority.certificate)
    status, page = get(running.port, "/metrics", how)
    assert status == 200
    assert 'govcloud_source_up{source="ledger"} 0' in page
    assert get(running.port, "/v1/months/2026-11", how)[0] == 404


def test_months_are_for_the_api_server_which_shows_no_certificate(running: Settings, site: Site):
    how = mounted.context(None, site.authority.certificate)
    assert get(running.api_port, "/v1/months/2026-11", how) == (503, "the ledger does not answer\n")
    assert [get(running.api_port, path, how)[0] for path in ("/metrics", "/healthz", "/")] == [404] * 3
    with pytest.raises((ssl.SSLError, ConnectionError)):
        get(running.port, "/metrics", how)


def test_health_is_for_the_kubelet(running: Settings):
    assert get(running.health_port, "/healthz") == (200, "ok\n")
    assert [get(running.health_port, path)[0] for path in ("/metrics", "/v1/months/2026-11", "/")] == [404] * 3


@pytest.mark.parametrize("port", ["port", "api_port"])
def test_in_the_clear_there_is_nothing_else(running: Settings, port: str):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        get(getattr(running, port), "/metrics")


def test_without_certificates_it_does_not_start(tmp_path: Path):
    with pytest.raises(ConfigError, match="mount the Secret"):
        serve.run(office(tmp_path), threading.Event())
