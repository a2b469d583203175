"""The operator behind a proxy, and who starts it again when it ends, as a kubelet does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_api import labels
from support import lifecycle_log, proxy, tenancy
from support.apiserver import ApiServer
from support.proxy import Proxy

IDENTITY = "one"
"""The pod's name stays when its container is started again, so the lease is taken at once."""
END_SECONDS = 20


@dataclass(slots=True)
class Operator:
    """One container: its process, started again and again, with one log."""

    server: ApiServer
    proxy: Proxy
    log: Path
    canary_address: str
    resync_seconds: int = 2
    starts: int = 0
    _running: ExitStack = field(default_factory=ExitStack)
    _process: tenancy.OperatorProcess | None = None

    def start(self) -> None:
        """Start it; the call returns before it works."""
        self._running.close()
        self._process = self._running.enter_context(
            tenancy.operator(
                self.server,
                self.log,
                canary_address=self.canary_address,
                identity=IDENTITY,
                kubeconfig=self.proxy.kubeconfig(self.log.with_suffix(".kubeconfig")),
                resync_seconds=self.resync_seconds,
            )
        )
        self.starts += 1

    def kill(self) -> None:
        """SIGKILL: nothing of it runs any more when this returns."""
        assert self._process is not None
        self._process.child.kill()
        self._process.child.wait(END_SECONDS)

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Its exit code, once it ends by itself."""
        assert self._process is not None
        return self._process.child.wait(seconds)

    @property
    def ended(self) -> int | None:
        """Exit code, None while it runs."""
        assert self._process is not None
        return self._process.child.poll()

    def said(self) -> str:
        """Its log up to now."""
        return self.log.read_text()

    def stop(self) -> None:
        """End it; the lease is free afterwards."""
        self._running.close()


@contextmanager
def running(server: ApiServer, log: Path, *, canary_address: str, resync_seconds: int = 2) -> Iterator[Operator]:
    """An operator that works behind a proxy; its log is held to be clean at the end."""
    context = proxy.before(server, labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)
    with proxy.running(server.url, context) as between:
        operator = Operator(server, between, log, canary_address, resync_seconds)
        operator.start()
        try:
            tenancy.eventually(lambda: "at work" in operator.said(), f"the operator works, see {log}")
            yield operator
        finally:
            between.rule = proxy.relay
            operator.stop()
    lifecycle_log.assert_clean(log)


@contextmanager
def canary() -> Iterator[str]:
    """A listener that stands in for the canary: connections to it succeed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stop = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, stop))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def _accept(listener: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.close()
