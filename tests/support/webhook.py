"""A receiver of alerts: what was posted to it, in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`refuse`: answer 500 as long as it is set."""

    url: str = ""
    refuse: bool = False
    heard: list[dict[str, Any]] = field(default_factory=list)

    def alerts(self, name: str, **labels: str) -> list[str]:
        """The states that an alert with these labels was told to have, `firing` or `resolved`, without repeats."""
        wanted = {"alertname": name, **labels}.items()
        told = [alert for message in list(self.heard) for alert in message["alerts"]]
        states = [alert["status"] for alert in told if wanted <= alert["labels"].items()]
        return [state for place, state in enumerate(states) if place == 0 or states[place - 1] != state]


@contextmanager
def receiver(host: str = "127.0.0.1", port: int = 0) -> Iterator[Receiver]:
    """Listens at `host` until the end; port 0: on a free one."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not made.refuse:
                made.heard.append(json.loads(body))
            self.send_response(500 if made.refuse else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        made.url = f"http://{host}:{server.server_port}/alerts"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
