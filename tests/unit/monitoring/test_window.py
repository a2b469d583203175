"""The window on a server that knows no users: everything may be seen, nothing changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from govcloud_api.errors import ConfigError
from govcloud_monitoring import window


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


@pytest.fixture
def behind() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Silences) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, method: str, path: str, query: str = "") -> tuple[str, dict[str, str], bytes]:
    answer: list[tuple[str, dict[str, str]]] = []
    environ: dict[str, object] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ["HTTP_COOKIE"] = "session=1"
    setup_testing_defaults(environ)

    def start_response(status: str, given: list[tuple[str, str]], exc_info: object = None) -> object:
        answer.append((status, dict(given)))
        return None

    body = b"".join(window.application("127.0.0.1", port)(environ, start_response))
    return *answer[0], body


def test_what_is_asked_is_answered_with_the_servers_own_words(behind: int):
    status, headers, body = ask(behind, "GET", "/api/v2/alerts", "filter=a%3D%22b%22")
    assert (status, headers["Content-Type"]) == ("200 OK", "text/x-seen")
    assert body == b"/api/v2/alerts?filter=a%3D%22b%22 None"


def test_a_path_is_handed_on_as_it_was_written(behind: int):
    assert ask(behind, "GET", "/a b/\xc3\xa4")[2].startswith(b"/a%20b/%C3%A4 ")


def test_an_answer_that_is_an_error_stays_one(behind: int):
    assert ask(behind, "GET", "/missing")[0].startswith("404")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "get", ""])
def test_nothing_is_changed(behind: int, method: str):
    before = _Silences.changed
    status, headers, body = ask(behind, method or "X", "/api/v2/silences")
    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD")
    assert b"Kubernetes API" in body
    assert _Silences.changed == before


def test_a_server_that_is_gone_is_named():
    status, _, body = ask(1, "GET", "/")
    assert status == "502 Bad Gateway"
    assert b"does not answer" in body


@pytest.mark.parametrize(
    ("target", "port"),
    [("", "9095"), ("https://127.0.0.1:9093", "9095"), ("http://127.0.0.1", "9095"), ("http://h:9093", "x"), ("x", "")],
)
def test_a_wrong_place_names_both_variables(target: str, port: str):
    with pytest.raises(ConfigError, match=r"GOVCLOUD_WINDOW_TARGET.*GOVCLOUD_WINDOW_PORT"):
        window.place({"GOVCLOUD_WINDOW_TARGET": target, "GOVCLOUD_WINDOW_PORT": port})


def test_a_place_that_is_said():
    given = {"GOVCLOUD_WINDOW_TARGET": "http://127.0.0.1:9093", "GOVCLOUD_WINDOW_PORT": "9095"}
    assert window.place(given) == ("127.0.0.1", 9093, 9095)
