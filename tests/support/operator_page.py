"""The operator's pages, asked as the kubelet and as Prometheus ask for them."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from govcloud_kube import Cluster
from govcloud_operators.platform_certificates import checks
from govcloud_operators.process import identity
from govcloud_operators.services import certificates
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.certificates import Pair

PROMETHEUS = checks.CLIENT.common_name
TIMEOUT_SECONDS = 5


def now() -> datetime:
    """Of the real clock, which TLS goes by."""
    return datetime.now(UTC)


def context(authority: Pair, name: str | None = PROMETHEUS) -> ssl.SSLContext:
    """As a client of this authority with this common name asks; None: without a certificate."""
    made = ssl.create_default_context(cadata=authority.certificate)
    if name is not None:
        identity.load(made, certificates.client(authority, name, now()))
    return made


class Named(http.client.HTTPSConnection):
    """To loopback, by the name that the operator has in its cluster."""

    def __init__(self, port: int, how: ssl.SSLContext) -> None:
        super().__init__("127.0.0.1", port, timeout=TIMEOUT_SECONDS, context=how)
        self._how = how

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._how.wrap_socket(self.sock, server_hostname=identity.DNS_NAME)


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, str]:
    """Status and body. Raises OSError when nobody answers."""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def plain(port: int) -> http.client.HTTPConnection:
    """In the clear."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)


def health(port: int) -> str:
    """/healthz in the clear, empty while nobody answers."""
    return _or_nothing(lambda: ask(plain(port), "/healthz"))


def figures(port: int, how: ssl.SSLContext, path: str = "/metrics") -> tuple[int, str]:
    """A page over TLS. Raises OSError when nobody answers, or answers as somebody else."""
    return ask(Named(port, how), path)


def scraped(admin: Cluster, port: int, path: str = "/metrics") -> str:
    """As Prometheus, empty while nobody answers; makes the services' authority when there is none."""
    return _or_nothing(lambda: figures(port, context(Authority(admin, now).pair()), path))


def _or_nothing(asked: Callable[[], tuple[int, str]]) -> str:
    try:
        return asked()[1]
    except OSError:
        return ""
