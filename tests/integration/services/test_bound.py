"""From an order to a session with the Secret's content, by the rooms and real servers: issue, renew, revoke."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from govcloud_api import labels
from govcloud_kube import Object
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import looking
from govcloud_operators.services.binding import reconcile as binding
from govcloud_operators.services.driver import Credentials, Order
from govcloud_operators.services.instance import reconcile as instance
from support import apiserver, manifests, nats, valkey
from support.services import NAMESPACE, ServiceWorld

# A client that is refused leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DEPLOY = Path(__file__).parents[3] / "operators" / "deploy"
Session = Callable[[], None]


@dataclass
class Site:
    """A world in memory whose one instance is served by a real server on this machine."""

    world: ServiceWorld
    folder: Path
    kind: str
    port: int = field(default_factory=apiserver.free_port)
    pod: Any = None

    def dial(self, _host: str, _port: int) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def reconcile(self) -> None:
        self.world.now = datetime.now(UTC)
        ref = looking.instance_ref(NAMESPACE, "main")
        instance.reconcile(
            self.world.cluster, ref, self.world.authority, self.dial, self.world.now, vaults=self.world.vaults
        )

    def serve(self, *, later: datetime | None = None) -> None:
        now = later or datetime.now(UTC)
        ref = binding.binding_ref(NAMESPACE, "app")
        binding.reconcile(self.world.cluster, ref, self.world.authority, self.dial, now)

    def order(self) -> Order:
        found = self.world.found("ServiceInstance", "main")
        order = looking.look(self.world.cluster, self.world.authority, found, datetime.now(UTC)).order
        assert order is not None
        return order

    def start(self) -> None:
        """Do what a kubelet does with the StatefulSet: mount, run, report."""
        pair = self.world.authority.pair()
        of = {"folder": self.folder, "port": self.port, "authority": pair, "cluster": self.world.cluster}
        self.pod = (valkey if self.kind == "valkey" else nats).Pod(**of, base=self.order())
        for name in ("data", "tls", "config", "accounts"):
            (self.folder / name).mkdir()
        secret = self.world.found("Secret", "svc-main-tls", "v1")
        for name in ("tls.crt", "tls.key", "ca.crt"):
            (self.folder / "tls" / name).write_text(authorities.decoded(secret, name))
        if self.kind == "valkey":
            self.pod.mount()
        self.pod.start()
        self.world.play()

    def secret(self) -> dict[str, str]:
        found = self.world.found("Secret", "app", "v1")
        return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}

    def ready(self, kind: str, name: str) -> str:
        status, reason, message = self.world.condition(kind, name, "Ready")
        return status if status == "True" else f"{reason}: {message}"

    def try_session(self, given: dict[str, str]) -> None:
        """Work with a Secret's content, and nothing else. Raises what the client raises."""
        if self.kind == "valkey":
            with self.pod.client(given["username"], given["password"]) as client:
                client.set("a", "1")
            return
        credentials = Credentials(user=given["username"], role="rw", password=given["password"])
        asyncio.run(self._publish(credentials, given["user.creds"]))

    async def _publish(self, credentials: Credentials, creds: str) -> None:
        client = await self.pod.connect(credentials, token=creds.splitlines()[1])
        try:
            await client.publish("a", b"1")
            await client.flush(timeout=2)
        finally:
            await client.close()


@pytest.fixture(params=["valkey", "nats"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(world=ServiceWorld(), folder=tmp_path, kind=request.param)
    made.world.now = datetime.now(UTC)
    for number, name in ((43, "valkey"), (44, "nats")):
        made.world.cluster.seed(dict(manifests.objects(DEPLOY / f"{number}-offering-{name}.yaml")[0]))
    yield made
    if made.pod is not None:
        made.pod.stop(hard=True)


def test_an_order_becomes_a_session_and_a_revoke_ends_it(site: Site) -> None:
    site.world.order(offeringRef=site.kind, plan="small")
    site.reconcile()
    assert site.ready("ServiceInstance", "main").startswith(("Creating", "Starting"))
    site.start()
    site.reconcile()
    assert site.ready("ServiceInstance", "main") == "True"
    site.world.bind()
    site.serve()
    assert site.ready("ServiceBinding", "app") == "True"
    first = site.secret()
    assert {"type", "host", "port", "username", "password", "uri", "ca.crt"} <= set(first)
    site.try_session(first)
    written = len(site.world.cluster.writes)
    site.reconcile()
    site.serve()
    assert len(site.world.cluster.writes) == written

    half = datetime.fromisoformat(site.world.found("ServiceBinding", "app")["status"]["nextRotation"])
    site.serve(later=half)
    second = site.secret()
    assert second["username"] != first["username"]
    site.try_session(second)
    site.try_session(first)

    site.world.change("ServiceBinding", "app", revoked=True)
    site.serve()
    assert site.world.get("Secret", "app", "v1") is None
    for given in (first, second):
        with pytest.raises((redis.RedisError, nats.REFUSED)):
            site.try_session(given)


def test_nothing_secret_is_in_what_people_can_read(site: Site) -> None:
    site.world.order(offeringRef=site.kind, plan="small")
    site.reconcile()
    order = site.order()
    assert len(order.secret) == 64
    everything = str([_texts(obj) for obj in _all(site)])
    assert order.secret not in everything
    assert site.world.authority.pair().key not in everything
    assert "svc-main" in everything


def _all(site: Site) -> list[Object]:
    kinds = (("v1", "Secret"), ("v1", "ConfigMap"), ("apps/v1", "StatefulSet"), (labels.API_VERSION, "ServiceInstance"))
    return [obj for version, kind in kinds for obj in site.world.cluster.list(version, kind, namespace=NAMESPACE)]


def _texts(obj: Object) -> Object:
    if obj["kind"] != "Secret":
        return obj
    return {key: base64.b64decode(value).decode() for key, value in obj["data"].items()}


def test_an_order_that_cannot_be_built_says_why(site: Site) -> None:
    site.world.order(offeringRef=site.kind, plan="small", restoreFrom={"instance": "other"})
    site.reconcile()
    assert f"{site.kind} has no backups" in site.ready("ServiceInstance", "main")
