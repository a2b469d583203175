"""A window on a server beside us: whoever looks may read, and change nothing. `python3 -m govcloud_monitoring.window`.

Alertmanager knows no users: who may ask it may also silence it. Only GET and HEAD go through here, over mutual TLS.
"""

from __future__ import annotations

import http.client
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from govcloud_api.errors import ConfigError
from govcloud_monitoring import process, tls, web

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "GOVCLOUD_WINDOW_"
TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_SEEN = ("GET", "HEAD")
_PASSED_ON = ("Content-Type", "Content-Encoding", "Location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The server behind a window: where it is, and the name that its certificate must have."""

    host: str
    port: int
    name: str
    tls_folder: Path
    """Our own certificate, and the authority of its; read anew for each call."""


def application(behind: Behind) -> WSGIApplication:
    """Passes GET and HEAD on to the server behind, without any header of who asks; 405, or 502 with why."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in _SEEN:
            words = "this address only shows; to change something, go through the Kubernetes API"
            return web.told(start_response, "405 Method Not Allowed", words, ("Allow", ", ".join(_SEEN)))
        try:
            status, headers, body = _fetched(behind, method, _target(environ))
        except (OSError, http.client.HTTPException) as error:
            words = f"the server behind this window does not answer: {error}"
            return web.told(start_response, "502 Bad Gateway", words)
        start_response(status, headers)
        return [body]

    return answer


def _target(environ: WSGIEnvironment) -> str:
    # WSGI hands over the path decoded, as Latin-1 (PEP 3333).
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe="/-._~:@!$&'()*+,;=")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path or "/"


def _fetched(behind: Behind, method: str, target: str) -> tuple[str, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(behind.host, behind.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.connect()
        # Its address is loopback's, which no certificate names.
        connection.sock = tls.calling(behind.tls_folder).wrap_socket(connection.sock, server_hostname=behind.name)
        connection.request(method, target)
        found = connection.getresponse()
        body = found.read(MAX_ANSWER_BYTES + 1)
    finally:
        connection.close()
    if len(body) > MAX_ANSWER_BYTES:
        raise http.client.HTTPException(f"its answer is larger than {MAX_ANSWER_BYTES} bytes")
    headers = [(name, value) for name in _PASSED_ON if (value := found.getheader(name)) is not None]
    return f"{found.status} {found.reason}", headers, body


def place(environ: Mapping[str, str]) -> tuple[Behind, int]:
    """What is behind the window, and the port it opens. Raises ConfigError naming the variables."""
    target = urlsplit(environ.get(f"{PREFIX}TARGET", ""))
    name, folder = environ.get(f"{PREFIX}TARGET_NAME", ""), environ.get(f"{PREFIX}TLS_FOLDER", "")
    try:
        port = target.port if target.scheme == "https" and target.hostname else None
        own = int(environ.get(f"{PREFIX}PORT", ""))
    except ValueError:
        port = None
    if port is None or not (name and folder):
        raise ConfigError(
            f"{PREFIX}TARGET must be like https://127.0.0.1:9093, {PREFIX}TARGET_NAME the name in its certificate, "
            f"{PREFIX}TLS_FOLDER where ours lies, and {PREFIX}PORT a number; correct them"
        )
    return Behind(host=str(target.hostname), port=port, name=name, tls_folder=Path(folder)), own


def work(stop: threading.Event) -> None:
    """As the environment says. Raises ConfigError."""
    behind, own = place(os.environ)
    with web.serving(web.server("0.0.0.0", own, application(behind))):  # noqa: S104 - in a pod; policies decide
        stop.wait()


if __name__ == "__main__":
    sys.exit(process.main(work))
