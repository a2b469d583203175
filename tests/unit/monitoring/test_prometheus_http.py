"""What a server answers is read to its end and no further, in pieces or not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from govcloud_monitoring.prometheus_http import getter

BODY = b'{"status":"success"}' * 200


@contextmanager
def answering(status: int, *, pieces: bool) -> Iterator[str]:
    """Its URL. Prometheus answers in pieces as soon as there are more than some 2,000 bytes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header(*(("Transfer-Encoding", "chunked") if pieces else ("Content-Length", str(len(BODY)))))
            self.end_headers()
            half = len(BODY) // 2
            parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:half], BODY[half:], b"")]
            self.wfile.write(b"".join(parts) if pieces else BODY)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("pieces", [True, False])
@pytest.mark.parametrize(
    ("bound", "read"), [({}, BODY), ({"most_bytes": 10_000}, BODY), ({"most_bytes": 100}, BODY[:100])]
)
def test_a_body_is_read_whole_or_to_its_bound(status: int, bound: dict[str, int], read: bytes, *, pieces: bool):
    with answering(status, pieces=pieces) as url:
        assert getter(url, timeout_seconds=5, **bound)("/api/v1/query", {"query": "up"}) == read
