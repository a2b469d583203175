"""A real nats-server run with the settings that run it in a pod. Needs no cluster."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import nats
from nats.aio.client import Client

from govcloud_api import errors, labels
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates, driver
from govcloud_operators.services.driver import Credentials, Order
from govcloud_operators.services.nats import accounts, desired
from support import apiserver, services
from support.server_pod import ServerPod

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
class Pod(ServerPod):
    """The folders of one instance's pod on this machine, the cluster its record is in, and the running server."""

    @property
    def order(self) -> Order:
        """The order as a reconcile has it at this moment."""
        return replace(self.base, now=datetime.now(UTC))

    def start(self) -> None:
        """The server, until it lets the operator in."""
        config = self.folder / "config" / "nats.conf"
        paths = {name: str(self.folder / name) for name in desired.FOLDERS}
        config.write_text(desired.settings(self.base, paths, self.port))
        command = [str(apiserver.binary("nats-server")), "--config", str(config), "--addr", "127.0.0.1"]
        self.run(command, self._answers)

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
