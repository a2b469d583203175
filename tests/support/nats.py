"""A real nats-server run with the settings that run it in a pod. Needs no cluster."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import nats
from nats.aio.client import Client

from govcloud_api import errors, labels
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates, driver
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Credentials, Door, Order
from govcloud_operators.services.nats import accounts, desired
from support import apiserver, services

START_SECONDS = 20
REFUSED = nats.errors.Error
Answer = TypeVar("Answer")


def order(secret: str = "7" * 64, **changed: Any) -> Order:
    """An Order of driver `nats`."""
    given: dict[str, Any] = {
        "plan": services.PLAN,
        "version": "2.15.2",
        "image": f"{labels.REGISTRY}/nats:v2.15.2",
        "secret": secret,
        "spec": {"offeringRef": "nats"},
    }
    return services.order(**given | changed)


@dataclass(slots=True, kw_only=True)
class Pod:
    """The folders of one instance's pod on this machine, the cluster its record is in, and the running server."""

    folder: Path
    port: int
    authority: Pair
    cluster: MemoryCluster
    base: Order
    child: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def order(self) -> Order:
        """The order as a reconcile has it at this moment."""
        return replace(self.base, now=datetime.now(UTC))

    @property
    def door(self) -> Door:
        """The operator's way in."""
        return Door(
            host="127.0.0.1",
            port=self.port,
            server_name=driver.host(self.base),
            authority=self.authority.certificate,
            certificate="",
            key="",
            tenant=self.cluster,
        )

    def certify(self) -> Pair:
        """Write a new server certificate."""
        names = certificates.server_names(self.base.instance.metadata.name, self.base.namespace)
        pair = certificates.server(self.authority, self.base.name, names, datetime.now(UTC))
        for name, text in (("tls.crt", pair.certificate), ("tls.key", pair.key)):
            (self.folder / "tls" / name).write_text(text)
        return pair

    def start(self) -> None:
        """The server, until it lets the operator in."""
        config = self.folder / "config" / "nats.conf"
        paths = {name: str(self.folder / name) for name in desired.FOLDERS}
        config.write_text(desired.settings(self.base, paths, self.port))
        with (self.folder / "server.log").open("ab") as log:
            command = [str(apiserver.binary("nats-server")), "--config", str(config), "--addr", "127.0.0.1"]
            self.child = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.child.poll() is None, f"the server ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"the server does not let the operator in:\n{self.log()}"
            time.sleep(0.05)  # a real process starts in its own time

    def stop(self, *, hard: bool = False) -> None:
        """End the server."""
        if self.child is None:
            return
        if hard:
            self.child.kill()
        else:
            self.child.terminate()
        self.child.wait(40)
        self.child = None

    def log(self) -> str:
        """The last of what the server said."""
        return (self.folder / "server.log").read_text()[-3000:]

    def as_program(self, credentials: Credentials, about: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Run `about` as a program of the environment with the file of its Secret."""
        return asyncio.run(self._as_program(credentials, about))

    async def connect(self, credentials: Credentials, *, token: str = "", **options: Any) -> Client:
        """A client that gives up at once; `token` is what its file holds, when it is not made from `credentials`."""
        key = accounts.user_key(credentials)
        shown = token or accounts.creds(self.base, credentials).splitlines()[1]
        context = ssl.create_default_context(cadata=self.authority.certificate)
        return await nats.connect(
            f"tls://127.0.0.1:{self.port}",
            tls=context,
            tls_hostname=driver.host(self.base),
            user_jwt_cb=lambda: shown.encode(),
            signature_cb=lambda nonce: base64.b64encode(key.sign(nonce.encode())),
            allow_reconnect=False,
            max_reconnect_attempts=0,
            **options,
        )

    async def _as_program(self, credentials: Credentials, about: Callable[[Client], Awaitable[Answer]]) -> Answer:
        client = await self.connect(credentials)
        try:
            return await about(client)
        finally:
            await client.close()

    def _answers(self) -> bool:
        try:
            accounts.NatsAccounts().seen(self.order, self.door, "")
        except errors.NotReady:
            return False
        return True


@contextmanager
def pod(folder: Path) -> Iterator[Pod]:
    """A server that runs, with no logins; ends with the block."""
    for name in desired.FOLDERS:
        (folder / name).mkdir()
    issuer = certificates.new_authority(datetime.now(UTC))
    cluster = MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    cluster.apply(desired.record(order()), field_manager=labels.OPERATOR_FIELD_MANAGER)
    made = Pod(folder=folder, port=apiserver.free_port(), authority=issuer, cluster=cluster, base=order())
    made.certify()
    made.start()
    try:
        yield made
    finally:
        made.stop(hard=True)
