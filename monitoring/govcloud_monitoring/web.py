"""The exporter's pages as a WSGI application: /metrics (text or OpenMetrics, gzip) and /healthz."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from govcloud_monitoring.exposition.page import Page, respond

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CONNECTION_TIMEOUT_SECONDS = 10
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
"""A new list for each answer: the server adds the length of its body to the list that it is given."""


def application(pages: Callable[[], Sequence[Page]], healthy: Callable[[], bool]) -> WSGIApplication:
    """Routes: /metrics joins `pages`; /healthz answers 503 while `healthy` is false; all else 404."""

    def route(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                headers, body = respond(
                    environ.get("HTTP_ACCEPT", ""), environ.get("HTTP_ACCEPT_ENCODING", ""), pages()
                )
                start_response("200 OK", headers)
                return [body]
            case "/healthz" if healthy():
                start_response("200 OK", [_TEXT])
                return [b"ok\n"]
            case "/healthz":
                start_response("503 Service Unavailable", [_TEXT])
                return [b"the refresh loop stands still; the exporter must be restarted\n"]
            case _:
                start_response("404 Not Found", [_TEXT])
                return [b"see /metrics and /healthz\n"]

    return route


class _Handler(WSGIRequestHandler):
    """Drops a client that keeps a connection without speaking, and does not log each scrape."""

    timeout = CONNECTION_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line a scrape would bury what matters."""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """One thread a connection: a slow client does not keep Prometheus waiting."""

    daemon_threads = True


def server(host: str, port: int, app: WSGIApplication) -> WSGIServer:
    """A server bound to host and port (0: any free port), not yet serving. Raises OSError when the port is taken."""
    return make_server(host, port, app, server_class=_Server, handler_class=_Handler)
