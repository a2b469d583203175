"""A real Redis 7.0 run with the settings and logins that run it in a pod. Needs no cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import redis

from govcloud_api import errors, labels
from govcloud_kube import ref_of
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import authority, certificates
from govcloud_operators.services.driver import Order
from govcloud_operators.services.valkey import accounts, acl, desired
from support import apiserver, services
from support.server_pod import ServerPod


def order(secret: str = "5" * 64, **changed: Any) -> Order:
    """An Order of driver `valkey`."""
    given: dict[str, Any] = {
        "plan": services.PLAN,
        "version": "7.0.15",
        "image": f"{labels.REGISTRY}/redis:7.0.15",
        "secret": secret,
        "spec": {"offeringRef": "valkey"},
    }
    return services.order(**given | changed)


@dataclass(slots=True, kw_only=True)
class Pod(ServerPod):
    """The folders of one instance's pod on this machine, the cluster its Secret is in, and the running server."""

    STOP_SECONDS: ClassVar[float] = 20

    @property
    def order(self) -> Order:
        """The order that the pod was made from."""
        return self.base

    @property
    def folders(self) -> dict[str, str]:
        """Where the pod's volumes are here."""
        return {name: str(self.folder / name) for name in desired.FOLDERS}

    def mount(self) -> None:
        """What the kubelet does before a container starts: the Secret's file as it is now."""
        found = self.cluster.get(desired.accounts_ref(self.order))
        (self.folder / "accounts" / acl.FILE).write_text(authority.decoded(found, acl.FILE))

    def start(self, *, look: bool = True) -> None:
        """The server, until it lets the operator in, or takes connections when nobody shall `look`."""
        config = self.folder / "config" / "redis.conf"
        config.write_text(desired.settings(self.order, self.folders, self.port) + "bind 127.0.0.1\n")
        self.run([*program(), str(config)], lambda: self._answers(look=look), executable=executable())

    def _answers(self, *, look: bool) -> bool:
        try:
            with accounts.session(self.order, self.door) as client:
                client.ping()
            if look:
                accounts.ValkeyAccounts().seen(self.order, self.door, "")
        except errors.NotReady:
            return False
        return True

    def client(self, user: str, password: str) -> redis.Redis:
        """A program of the environment, with the name and password of its Secret."""
        trusted = self.folder / "tls" / "ca.crt"
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            username=user,
            password=password,
            ssl=True,
            ssl_ca_certs=str(trusted),
            ssl_check_hostname=False,
            decode_responses=True,
            socket_timeout=5,
        )


def executable() -> str:
    """Path of the server. Debian's redis-tools holds it under another name; it looks at what it is called."""
    given = Path(os.environ.get("GOVCLOUD_TEST_BIN", "")) / "redis-server"
    found = str(given) if given.is_file() else shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if found is None:
        pytest.fail("redis-server is not there: apt-get install redis-tools")
    return found


def program() -> list[str]:
    """What the server must be called."""
    return ["redis-server"]


@contextmanager
def pod(folder: Path) -> Iterator[Pod]:
    """A server that runs, with no logins but the operator's; ends with the block."""
    for name in desired.FOLDERS:
        (folder / name).mkdir()
    issuer = certificates.new_authority(datetime.now(UTC))
    cluster = MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    wanted = order()
    cluster.apply(desired.accounts(wanted), field_manager=labels.OPERATOR_FIELD_MANAGER)
    made = Pod(folder=folder, port=apiserver.free_port(), authority=issuer, cluster=cluster, base=wanted)
    made.certify()
    made.mount()
    made.start()
    try:
        yield made
    finally:
        made.stop(hard=True)


def looked_at(found: Pod, now: datetime) -> Order:
    """The order as the next reconcile has it: with what is there, at a time."""
    live = {ref: obj for ref in desired.refs(found.order) if (obj := found.cluster.get(ref)) is not None}
    assert ref_of(live[desired.accounts_ref(found.order)]).kind == "Secret"
    return replace(found.order, live=live, now=now)
