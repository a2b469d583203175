"""Pages of monitoring: /metrics over mutual TLS for Prometheus alone, /healthz in the clear for the kubelet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from govcloud_monitoring.bounded import CLIENT, Limits, Server
from govcloud_monitoring.exposition.page import Page, respond
from govcloud_monitoring.tls import Identity

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SCRAPERS = frozenset({"prometheus"})
"""Common names of those who may read /metrics."""


def told(start_response: StartResponse, status: str, words: str, *more: tuple[str, str]) -> list[bytes]:
    """An answer of one line of text, with `more` headers."""
    # A new list each time: the server adds the length of the body to the list that it is given.
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *more])
    return [f"{words}\n".encode()]


def metrics(pages: Callable[[], Sequence[Page]]) -> WSGIApplication:
    """Joins `pages` at /metrics for clients that may scrape; 403 for others, 404 elsewhere."""

    def route(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get(CLIENT) not in SCRAPERS:
            words = f"for {', '.join(sorted(SCRAPERS))} only; your certificate has another name"
            return told(start_response, "403 Forbidden", words)
        if environ.get("PATH_INFO") != "/metrics":
            return told(start_response, "404 Not Found", "see /metrics")
        accepted = environ.get("HTTP_ACCEPT", ""), environ.get("HTTP_ACCEPT_ENCODING", "")
        headers, body = respond(*accepted, pages())
        start_response("200 OK", headers)
        return [body]

    return route


def health(healthy: Callable[[], bool]) -> WSGIApplication:
    """/healthz answers 503 while `healthy` is false; 404 elsewhere."""

    def route(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/healthz" if healthy():
                return told(start_response, "200 OK", "ok")
            case "/healthz":
                words = "the refresh loop stands still; the process must be restarted"
                return told(start_response, "503 Service Unavailable", words)
            case _:
                return told(start_response, "404 Not Found", "see /healthz")

    return route


def server(host: str, port: int, app: WSGIApplication, *, limits: Limits | None = None) -> Server:
    """In the clear: bound to host and port (0: any free port), not yet serving. Raises OSError when it is taken."""
    return Server((host, port), app, limits=limits)


def tls_server(
    host: str, port: int, app: WSGIApplication, identity: Identity, *, limits: Limits | None = None
) -> Server:
    """The same over TLS, and nothing but TLS."""
    return Server((host, port), app, identity=identity, limits=limits)


def scrape_server(host: str, port: int, folder: Path, pages: Callable[[], Sequence[Page]]) -> Server:
    """/metrics over mutual TLS, by the certificates in `folder`. Raises OSError, and ConfigError without them."""
    return tls_server(host, port, metrics(pages), Identity(folder, asks_clients=True))


@contextmanager
def serving(*servers: Server) -> Iterator[None]:
    """Each serves on a thread of its own until the block ends."""
    with ExitStack() as stack:
        for each in servers:
            stack.enter_context(each)
            threading.Thread(target=each.serve_forever, name=f"web-{each.server_port}", daemon=True).start()
            stack.callback(each.shutdown)
        yield
