"""The backup store on loopback, run as its pod runs it, with the operator as its root. Needs no cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from govcloud_api import labels
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import vault
from govcloud_operators.services.backups.keeping import StoreVaults
from govcloud_operators.services.backups.vault import Store, Vault
from govcloud_operators.services.certificates import Pair
from support import apiserver, postgresql, s3

MANIFEST = Path(__file__).parents[2] / "operators" / "deploy" / "51-backup-store.yaml"
HOST = "localhost"
"""pgbackrest compares the certificate with the name that it calls."""


@dataclass(kw_only=True)
class Running:
    """A store that can be stopped and started where it was."""

    folder: Path
    port: int
    root: dict[str, str]
    child: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def settings(self) -> Store:
        """Where it is."""
        return Store(host=HOST, port=self.port)

    def start(self) -> None:
        """Run it with the arguments of its pod."""
        arguments = [self._moved(text) for text in container()["args"]]
        command = [str(s3.program(self.folder / "bin")), *arguments]
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(command, env=self.root, stdout=log, stderr=log, cwd="/")

    def stop(self) -> None:
        """End it; its folder stays."""
        if self.child is not None:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(20)
        self.child = None

    def _moved(self, argument: str) -> str:
        if argument.startswith("--port="):
            return f"--port=127.0.0.1:{self.port}"
        name, _, path = argument.rpartition("=")
        if path.startswith(("/data/", "/tls/")):
            return f"{name}={self.folder}{path}" if name else f"{self.folder}{path}"
        return argument


@dataclass(kw_only=True)
class Site:
    """A running store, the authority that everything of an instance is made from, and the operator's way in."""

    store: Running
    authority: Authority
    vaults: StoreVaults

    def opened(self, uid: str) -> Vault:
        """The vault of an instance, made."""
        made = self.authority.vault(uid)
        self.vaults.open(made)
        return made


def container() -> dict[str, Any]:
    """The store's container in its manifest."""
    found = [item for item in yaml.safe_load_all(MANIFEST.read_text()) if item["kind"] == "StatefulSet"]
    made: dict[str, Any] = found[0]["spec"]["template"]["spec"]["containers"][0]
    return made


@contextmanager
def site(folder: Path, cluster: Any = None) -> Iterator[Site]:
    """A store that ends with the test; `cluster` keeps the operator's Secrets."""
    running = Running(folder=folder, port=apiserver.free_port(), root={})
    kept = cluster or _empty_cluster()
    authority = Authority(kept, lambda: datetime.now(UTC), running.settings)
    vaults = StoreVaults(kept, authority, lambda _host, port: ("127.0.0.1", port))
    _furnish(running, authority.pair())
    try:
        root = vaults.root()
        running.root = {"ROOT_ACCESS_KEY_ID": root.key, "ROOT_SECRET_ACCESS_KEY": root.secret}
        running.start()
        made = Site(store=running, authority=authority, vaults=vaults)
        postgresql.eventually(lambda: made.vaults.buckets() is not None, "the store answers")
        yield made
    finally:
        running.stop()


def _empty_cluster() -> MemoryCluster:
    made = MemoryCluster()
    for name in (labels.SYSTEM_NAMESPACE, vault.NAMESPACE):
        made.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return made


def _furnish(running: Running, authority: Pair) -> None:
    for name in ("data/buckets", "data/versions", "data/metadata", "data/accounts", "tls"):
        (running.folder / name).mkdir(parents=True)
    pair = certificates.server(authority, HOST, [HOST], datetime.now(UTC))
    (running.folder / "tls" / "tls.crt").write_text(pair.certificate)
    (running.folder / "tls" / "tls.key").write_text(pair.key)
