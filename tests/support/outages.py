"""An API server that stops, hangs, comes back on its old address, forgets its history, or is restored from a backup."""

from __future__ import annotations

import os
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support import apiserver, certificates
from support.apiserver import ApiServer


class Outages:
    """One etcd and one API server, each in the folder; `server` has the same address always."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = certificates.Authority(folder)
        self._port = apiserver.free_port()
        self._etcd, self._api = ExitStack(), ExitStack()
        self._etcd_url = ""
        self.server: ApiServer

    def start(self) -> None:
        """Start what does not run, and wait until it serves."""
        if not self._etcd_url:
            self._etcd_url = self._etcd.enter_context(apiserver.etcd(self._folder))
        api = apiserver.kube_apiserver(self._folder, self._authority, self._etcd_url, port=self._port)
        self.server = self._api.enter_context(api)
        apiserver.wait_until_ready(self.server)

    def stop(self) -> None:
        """End the API server; etcd stays."""
        self._api.close()

    def kill(self) -> None:
        """End the API server without a word."""
        os.kill(self.server.pid, signal.SIGKILL)
        self._api.close()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """See `hung` below."""
        with hung(self.server):
            yield

    def compact(self) -> None:
        """Let etcd forget all history up to now. Source: etcd's gRPC gateway, `/v3/kv/compaction`."""
        newest = self._ask("range", b'{"key":"AA==","limit":"1","count_only":true}')
        revision = newest.partition(b'"revision":"')[2].partition(b'"')[0]
        self._ask("compaction", b'{"revision":"' + revision + b'","physical":true}')

    def backup(self) -> Path:
        """A copy of etcd's data; both stop for it, and start again."""
        self.close()
        saved = self._folder / "backup"
        shutil.copytree(self._folder / "etcd", saved)
        self.start()
        return saved

    def restore(self, saved: Path) -> None:
        """Go on with a copy of etcd's data."""
        self.close()
        shutil.rmtree(self._folder / "etcd")
        shutil.copytree(saved, self._folder / "etcd")
        self.start()

    def close(self) -> None:
        """End everything."""
        self._api.close()
        self._etcd.close()
        self._etcd_url = ""

    def _ask(self, what: str, body: bytes) -> bytes:
        request = urllib.request.Request(f"{self._etcd_url}/v3/kv/{what}", body)  # noqa: S310 - loopback, ours
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback, ours
            return bytes(answer.read())


@contextmanager
def hung(server: ApiServer) -> Iterator[None]:
    """The API server's connections stand, and nothing comes."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def outages(folder: Path) -> Iterator[Outages]:
    """Running; ended however the test went."""
    found = Outages(folder)
    try:
        found.start()
        yield found
    finally:
        found.close()
