"""The window on a server that knows no users: everything may be seen, nothing changed."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from govcloud_api.errors import ConfigError
from govcloud_monitoring import tls, window
from govcloud_monitoring.window import Behind
from govcloud_operators.services.certificates import Pair
from support import mounted
from support.mounted import Mount, Site


class _Silences(BaseHTTPRequestHandler):
    """A server that changes its state when something is posted, whatever the method is called."""

    changed = 0

    def do_GET(self) -> None:
        body = f"{self.path} {self.headers.get('Cookie')}".encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "text/x-seen")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._change

    def _change(self) -> None:
        type(self).changed += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(HTTPServer):
    """Of one thread, which a handshake that fails does not end."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("window") / "site")


def beside(port: int, site: Site) -> Behind:
    """What a window of the site stands before."""
    return Behind(host="127.0.0.1", port=port, name=mounted.ALERTMANAGER.dns_names[0], tls_folder=site.window.folder)


@contextmanager
def served(how: ssl.SSLContext) -> Iterator[int]:
    """The port of a server that speaks TLS as `how` says."""
    with _Server(("127.0.0.1", 0), _Silences) as server:
        server.socket = how.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def behind(site: Site) -> Iterator[Behind]:
    with served(tls.Identity(site.alertmanager.folder, asks_clients=True).context()) as port:
        yield beside(port, site)


def ask(behind: Behind, method: str, path: str, query: str = "") -> tuple[str, dict[str, str], bytes]:
    answer: list[tuple[str, dict[str, str]]] = []
    environ: dict[str, object] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ["HTTP_COOKIE"] = "session=1"
    setup_testing_defaults(environ)

    def start_response(status: str, given: list[tuple[str, str]], exc_info: object = None) -> object:
        answer.append((status, dict(given)))
        return None

    body = b"".join(window.application(behind)(environ, start_response))
    return *answer[0], body


def test_what_is_asked_is_answered_with_the_servers_own_words(behind: Behind):
    status, headers, body = ask(behind, "GET", "/api/v2/alerts", "filter=a%3D%22b%22")
    assert (status, headers["Content-Type"]) == ("200 OK", "text/x-seen")
    assert body == b"/api/v2/alerts?filter=a%3D%22b%22 None"


def test_a_path_is_handed_on_as_it_was_written(behind: Behind):
    assert ask(behind, "GET", "/a b/\xc3\xa4")[2].startswith(b"/a%20b/%C3%A4 ")


def test_an_answer_that_is_an_error_stays_one(behind: Behind):
    assert ask(behind, "GET", "/missing")[0].startswith("404")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "get", ""])
def test_nothing_is_changed(behind: Behind, method: str):
    before = _Silences.changed
    status, headers, body = ask(behind, method or "X", "/api/v2/silences")
    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD")
    assert b"Kubernetes API" in body
    assert _Silences.changed == before


def test_a_server_that_is_gone_is_named(site: Site):
    status, _, body = ask(beside(1, site), "GET", "/")
    assert status == "502 Bad Gateway"
    assert b"does not answer" in body


def elsewhere(behind: Behind, tmp_path: Path, pair: Pair | None = None, authority: str = "") -> Behind:
    """The same for a window with another certificate, or another authority."""
    other = Site(tmp_path / "other")
    mount = Mount(tmp_path / "client").write(pair or other.client("x"), authority or other.authority.certificate)
    return replace(behind, tls_folder=mount.folder)


def test_a_server_of_another_name_is_asked_nothing(behind: Behind):
    status, _, body = ask(replace(behind, name=mounted.EXPORTER.dns_names[0]), "GET", "/api/v2/alerts")
    assert status == "502 Bad Gateway"
    assert b"certificate is not valid for" in body


def test_a_server_of_another_authority_is_asked_nothing(behind: Behind, site: Site, tmp_path: Path):
    status, _, body = ask(elsewhere(behind, tmp_path, pair=site.client("alertmanager-window")), "GET", "/api/v2/alerts")
    assert status == "502 Bad Gateway"
    assert b"certificate verify failed" in body


def test_a_server_that_speaks_an_older_tls_is_asked_nothing(site: Site):
    older = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    older.load_cert_chain(site.alertmanager.folder / "tls.crt", site.alertmanager.folder / "tls.key")
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with served(older) as port:
        assert ask(beside(port, site), "GET", "/api/v2/alerts")[0] == "502 Bad Gateway"


def test_a_window_that_the_server_does_not_know_shows_nothing(behind: Behind, site: Site, tmp_path: Path):
    unknown = elsewhere(behind, tmp_path, authority=site.authority.certificate)
    assert ask(unknown, "GET", "/api/v2/alerts")[0] == "502 Bad Gateway"
    assert ask(behind, "GET", "/api/v2/alerts")[0] == "200 OK"


def test_renewed_files_are_shown_from_the_next_call_on(behind: Behind, site: Site, tmp_path: Path):
    unknown = elsewhere(behind, tmp_path, authority=site.authority.certificate)
    assert ask(unknown, "GET", "/")[0] == "502 Bad Gateway"
    Mount(tmp_path / "client").issue(mounted.WINDOW, site.authority)
    assert ask(unknown, "GET", "/")[0] == "200 OK"


def test_a_certificate_that_is_not_there_is_told(behind: Behind, tmp_path: Path):
    assert ask(replace(behind, tls_folder=tmp_path), "GET", "/")[0] == "502 Bad Gateway"


GIVEN = {
    "GOVCLOUD_WINDOW_TARGET": "https://127.0.0.1:9093",
    "GOVCLOUD_WINDOW_TARGET_NAME": "alertmanager.test.svc",
    "GOVCLOUD_WINDOW_TLS_FOLDER": "/tls",
    "GOVCLOUD_WINDOW_PORT": "9095",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in GIVEN),
        ("GOVCLOUD_WINDOW_TARGET", "http://127.0.0.1:9093"),
        ("GOVCLOUD_WINDOW_TARGET", "https://127.0.0.1"),
        ("GOVCLOUD_WINDOW_TARGET", "https://h:x"),
        ("GOVCLOUD_WINDOW_TARGET", "x"),
        ("GOVCLOUD_WINDOW_PORT", "x"),
    ],
)
def test_a_wrong_place_names_every_variable(name: str, value: str):
    with pytest.raises(ConfigError, match=".*".join(GIVEN)):
        window.place(GIVEN | {name: value})


def test_a_place_that_is_said():
    behind = Behind(host="127.0.0.1", port=9093, name="alertmanager.test.svc", tls_folder=Path("/tls"))
    assert window.place(GIVEN) == (behind, 9095)
