"""The proxy that faults are made with: it passes everything on unless a rule says otherwise, and notes what it did."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from support import certificates, proxy
from support.proxy import Exchange, Proxy

WAIT_SECONDS = 10


class Server(BaseHTTPRequestHandler):
    """Stands in for an API server: echoes who asked for what, and streams what it is told to."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []
    go_on = threading.Event()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.asked.append(f"{self.command} {self.path}")
        subject = self.connection.getpeercert()["subject"]  # type: ignore[attr-defined]  # a TLS socket
        told = json.dumps({"by": subject[-1][0][1], "body": body}).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def do_GET(self) -> None:
        if "watch" not in self.path:
            return self._answer()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in (1, 2):
            self.wfile.write(b'e\r\n{"event": %2d}\n\r\n' % number)
            self.wfile.flush()
            assert self.go_on.wait(WAIT_SECONDS)
        self.wfile.write(b"0\r\n\r\n")
        return None

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def tls_server(authority: certificates.Authority) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = authority.server("localhost")
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    Server.asked.clear()
    Server.go_on.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a test refuses on purpose
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}"
        finally:
            Server.go_on.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Proxy]:
    authority = certificates.Authority(tmp_path)
    with tls_server(authority) as url:
        login = authority.client("robot")
        with proxy.running(url, proxy.client_context(authority.certificate, login)) as made:
            yield made


def connected(made: Proxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", made.port, timeout=WAIT_SECONDS)


def asked(connection: http.client.HTTPConnection, method: str, path: str, body: str = "") -> tuple[int, Any]:
    connection.request(method, path, body or None)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def soon(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while not look() and time.monotonic() < deadline:
        time.sleep(0.01)
    return look()


def test_it_passes_on_under_its_own_name_and_writes_down(through: Proxy) -> None:
    with closing(connected(through)) as connection:
        assert asked(connection, "GET", "/api/a?x=1") == (200, {"by": "robot", "body": ""})
        assert asked(connection, "POST", "/api/b", '{"kind": "A"}') == (201, {"by": "robot", "body": '{"kind": "A"}'})
        assert asked(connection, "POST", "/api/b?dryRun=All", "{}")[0] == 201
    (made,) = through.writes()
    assert (made.method, made.path, made.document, made.status, made.fate) == (
        "POST",
        "/api/b",
        {"kind": "A"},
        201,
        "relayed",
    )
    assert json.loads(made.answer)["by"] == "robot"
    assert len(through.exchanges) == 3


def test_a_stream_comes_piece_by_piece_and_takes_an_event_of_ours(through: Proxy) -> None:
    with closing(connected(through)) as connection:
        connection.request("GET", "/api?watch=true")
        answer = connection.getresponse()
        assert json.loads(answer.readline()) == {"event": 1}
        assert len(through.watches()) == 1
        assert through.say({"event": 77}) == 1
        assert json.loads(answer.readline()) == {"event": 77}
        Server.go_on.set()
        assert json.loads(answer.readline()) == {"event": 2}
        assert answer.readline() == b""
    assert soon(lambda: not through.watches())


def test_a_silent_stream_stays_open_and_says_nothing(through: Proxy) -> None:
    with closing(connected(through)) as old, closing(connected(through)) as idle, closing(connected(through)) as fresh:
        assert asked(idle, "GET", "/a")[0] == 200
        old.request("GET", "/api?watch=true")
        answer = old.getresponse()
        assert json.loads(answer.readline()) == {"event": 1}
        through.silence(streams_only=True)
        Server.go_on.set()
        assert asked(idle, "GET", "/b")[0] == 200
        through.silence(streams_only=False)
        for connection in (old, idle):
            assert connection.sock is not None
            connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            answer.readline()
        with pytest.raises(TimeoutError):
            asked(idle, "GET", "/c")
        assert asked(fresh, "GET", "/d")[0] == 200
    assert Server.asked == ["GET /a", "GET /b", "GET /d"]


def test_before_and_after_the_write_are_two_places(through: Proxy) -> None:
    async def unsent(exchange: Exchange) -> None:
        await exchange.cut()

    async def unheard(exchange: Exchange) -> None:
        await exchange.send()
        await exchange.cut()

    for rule in (unsent, unheard):
        through.rule = rule
        with closing(connected(through)) as connection, pytest.raises((ConnectionError, http.client.HTTPException)):
            asked(connection, "POST", f"/{rule.__name__}", "{}")
    assert Server.asked == ["POST /unheard"]
    assert [(e.path, e.status, e.fate) for e in through.writes()] == [
        ("/unsent", None, "cut"),
        ("/unheard", 201, "cut"),
    ]


def test_an_answer_of_our_own(through: Proxy) -> None:
    async def busy(exchange: Exchange) -> None:
        await exchange.refuse(429, "TooManyRequests", {"Retry-After": "1"})

    through.rule = busy
    with closing(connected(through)) as connection:
        connection.request("GET", "/api")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert json.loads(answer.read())["reason"] == "TooManyRequests"
    assert Server.asked == []
    assert through.exchanges[0].given == 429


def test_closed_nobody_listens_and_open_again_all_is_well(through: Proxy) -> None:
    with closing(connected(through)) as connection:
        assert asked(connection, "GET", "/a")[0] == 200
        through.close()
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            asked(connection, "GET", "/b")
    with closing(connected(through)) as connection, pytest.raises(ConnectionRefusedError):
        asked(connection, "GET", "/b")
    through.open()
    with closing(connected(through)) as connection:
        assert asked(connection, "GET", "/c")[0] == 200
    assert Server.asked == ["GET /a", "GET /c"]


def test_a_program_that_leaves_ends_its_stream(through: Proxy) -> None:
    with closing(connected(through)) as connection:
        connection.request("GET", "/api?watch=true")
        assert json.loads(connection.getresponse().readline()) == {"event": 1}
        (stream,) = through.watches()
    assert soon(lambda: stream.fate == "broken")
