"""A window on a server beside us: whoever looks may read, and change nothing. `python3 -m govcloud_monitoring.window`.

Alertmanager knows no users: who may ask it may also silence it. Only GET and HEAD go through here.
"""

from __future__ import annotations

import http.client
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from govcloud_api.errors import ConfigError
from govcloud_monitoring import process, web

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "GOVCLOUD_WINDOW_"
TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_SEEN = ("GET", "HEAD")
_PASSED_ON = ("Content-Type", "Content-Encoding", "Location")


def application(host: str, port: int) -> WSGIApplication:
    """Passes GET and HEAD on to the server at `host`:`port`, without any header of who asks; 405, or 502 with why."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in _SEEN:
            words = "this address only shows; to change something, go through the Kubernetes API"
            return web.told(start_response, "405 Method Not Allowed", words, ("Allow", ", ".join(_SEEN)))
        try:
            status, headers, body = _fetched(host, port, method, _target(environ))
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


def _fetched(host: str, port: int, method: str, target: str) -> tuple[str, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, target)
        found = connection.getresponse()
        body = found.read(MAX_ANSWER_BYTES + 1)
    finally:
        connection.close()
    if len(body) > MAX_ANSWER_BYTES:
        raise http.client.HTTPException(f"its answer is larger than {MAX_ANSWER_BYTES} bytes")
    headers = [(name, value) for name in _PASSED_ON if (value := found.getheader(name)) is not None]
    return f"{found.status} {found.reason}", headers, body


def place(environ: Mapping[str, str]) -> tuple[str, int, int]:
    """Host and port behind the window, and the port it opens. Raises ConfigError naming the variable."""
    target = urlsplit(environ.get(f"{PREFIX}TARGET", ""))
    try:
        behind = target.port if target.scheme == "http" and target.hostname else None
        own = int(environ.get(f"{PREFIX}PORT", ""))
    except ValueError:
        behind = None
    if behind is None:
        raise ConfigError(f"{PREFIX}TARGET must be like http://127.0.0.1:9093 and {PREFIX}PORT a number; correct them")
    return str(target.hostname), behind, own


def work(stop: threading.Event) -> None:
    """As the environment says. Raises ConfigError."""
    host, behind, port = place(os.environ)
    with web.serving(web.server("0.0.0.0", port, application(host, behind))):  # noqa: S104 - in a pod; policies decide
        stop.wait()


if __name__ == "__main__":
    sys.exit(process.main(work))
