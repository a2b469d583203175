"""An HTTP server whose threads, and so whose memory, do not grow with those who ask.

It handles few connections at a time. Another one waits for a moment and is then refused; more than that queue in the
kernel, which drops what is beyond its queue. Strangers keep a place for the time of a handshake, the silent until they
are dropped.
"""

from __future__ import annotations

import logging
import socketserver
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from govcloud_monitoring import tls

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

CLIENT = "govcloud.client"
"""Key of a request's environment: common name of the client's certificate. No header can set it."""
TOLD_SECONDS = 10.0
"""Between two lines of the log about connections that failed: a storm must not bury what matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server gives to those who ask."""

    at_once: int = 8
    """Connections that are handled at the same time: each may hold a whole page."""
    wait_seconds: float = 1.0
    """How long a connection waits for another one to end."""
    handshake_seconds: float = 5.0
    """For a whole TLS handshake."""
    silence_seconds: float = 10.0
    """After which a client is dropped that does not speak, or does not read."""


class _Handler(WSGIRequestHandler):
    """Drops a client that is silent, knows whose certificate it showed, and does not log each scrape."""

    server: Server

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.limits.silence_seconds)

    def get_environ(self) -> WSGIEnvironment:
        return super().get_environ() | {CLIENT: tls.client_name(self.connection)}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line a scrape would bury what matters."""


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """Bound, not yet serving. With an identity it speaks TLS, and nothing else."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        app: WSGIApplication,
        *,
        identity: tls.Identity | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Raises OSError when the port is taken."""
        self.limits = limits or Limits()
        self._identity = identity
        self._places = threading.BoundedSemaphore(self.limits.at_once)
        self._failed, self._tell_again, self._telling = 0, 0.0, threading.Lock()
        super().__init__(address, _Handler)
        self.set_app(app)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In the thread that accepts: while it waits here, others wait in the kernel."""
        if not self._places.acquire(timeout=self.limits.wait_seconds):
            self.shutdown_request(request)
            self._tell(f"no place within {self.limits.wait_seconds:g} s")
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In a thread of the connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands where that is asked for, then answer."""
        if self._identity is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(self.limits.handshake_seconds)
        with self._identity.context().wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that failed, or a client that went away, is a line; anything else is a fault of ours."""
        error = sys.exception()
        if isinstance(error, OSError):
            self._tell(str(error))
        else:
            logger.error("answering failed", exc_info=error)

    def _tell(self, why: str) -> None:
        with self._telling:
            self._failed += 1
            now = time.monotonic()
            if now < self._tell_again:
                return
            self._tell_again = now + TOLD_SECONDS
        logger.info("connection refused or lost: %s; %d since the start", why, self._failed)
