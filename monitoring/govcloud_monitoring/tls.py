"""Who a server is and whom it listens to: a folder with tls.crt, tls.key and ca.crt, as a kubelet mounts a TLS Secret.

TLS 1.3 alone (RFC 8446). Files that are replaced hold from the next connection on; no session outlives them.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from govcloud_api import peers
from govcloud_api.errors import ConfigError

logger = logging.getLogger(__name__)

FILES = ("tls.crt", "tls.key", "ca.crt")
_Stamp = tuple[tuple[int, int, int], ...]


class Identity:
    """Safe in several threads. Raises ConfigError when the files are not there or do not belong together."""

    def __init__(self, folder: Path, *, asks_clients: bool) -> None:
        """`asks_clients`: a client without a certificate that ca.crt vouches for is refused."""
        self._folder = folder
        self._asks_clients = asks_clients
        self._lock = threading.Lock()
        try:
            self._stamp = self._failed = _stamp(folder)
            self._context = _load(folder, asks_clients=asks_clients)
        except OSError as error:
            raise ConfigError(f"no {', '.join(FILES)} to serve with in {folder}: {error}; mount the Secret") from error

    def context(self) -> ssl.SSLContext:
        """For the next connection. Files that cannot be used are told about, and the last ones serve on."""
        with self._lock:
            try:
                seen = _stamp(self._folder)
                if seen not in (self._stamp, self._failed):
                    self._renew(seen)
            except FileNotFoundError:
                pass  # a kubelet swaps the folder: the next connection finds it
            return self._context

    def _renew(self, seen: _Stamp) -> None:
        try:
            self._context = _load(self._folder, asks_clients=self._asks_clients)
        except OSError as error:
            self._failed = seen
            logger.warning("new files in %s cannot be used, the last ones serve on: %s", self._folder, error)
        else:
            self._stamp = seen
            logger.info("took up new certificates from %s", self._folder)


def calling(folder: Path) -> ssl.SSLContext:
    """For one call with the certificate in `folder`: the server must be of ca.crt and have the name that is called.

    Raises OSError when the files are not there or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.load_verify_locations(folder / "ca.crt")
    return context


def client_name(connection: socket.socket) -> str:
    """Common name of the certificate that a client showed; empty when there is none, or more than one name."""
    shown: dict[str, Any] = (isinstance(connection, ssl.SSLSocket) and connection.getpeercert()) or {}
    return peers.common_name(shown)


def _load(folder: Path, *, asks_clients: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Resumed sessions would pass for a certificate that has run out meanwhile.
    context.num_tickets = 0
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    if asks_clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ca.crt")
    return context


def _stamp(folder: Path) -> _Stamp:
    """Another one for other files: the moment alone would miss what is written twice within the clock's grain."""
    found = [(folder / name).stat() for name in FILES]
    return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)
