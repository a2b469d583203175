"""From an order to a bucket with a Secret's content, by the rooms and a real gateway: issue, renew, revoke."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud_api import labels
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import driver, looking
from govcloud_operators.services.binding import reconcile as binding
from govcloud_operators.services.bucket import desired
from govcloud_operators.services.driver import Order
from govcloud_operators.services.instance import reconcile as instance
from govcloud_operators.services.s3 import buckets, gateway
from govcloud_operators.services.s3.gateway import Gateway, Refused
from support import manifests, s3
from support.s3 import Pod
from support.services import NAMESPACE, ServiceWorld

BUCKET = "svc-main"
OFFERING = Path(__file__).parents[3] / "operators" / "deploy" / "45-offering-bucket.yaml"


@dataclass
class Site:
    """A world in memory whose one instance is served by a real gateway on this machine."""

    world: ServiceWorld
    folder: Path
    port: int = field(default_factory=s3.two_free_ports)
    pod: Pod | None = None

    def dial(self, _host: str, _port: int) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def reconcile(self) -> None:
        self.world.now = datetime.now(UTC)
        ref = looking.instance_ref(NAMESPACE, "main")
        instance.reconcile(
            self.world.cluster, ref, self.world.authority, self.dial, self.world.now, vaults=self.world.vaults
        )

    def serve(self, *, later: datetime | None = None) -> None:
        ref = binding.binding_ref(NAMESPACE, "app")
        binding.reconcile(self.world.cluster, ref, self.world.authority, self.dial, later or datetime.now(UTC))

    def order(self) -> Order:
        found = self.world.found("ServiceInstance", "main")
        order = looking.look(self.world.cluster, self.world.authority, found, datetime.now(UTC)).order
        assert order is not None
        return order

    def start(self) -> None:
        """Do what a kubelet does with the StatefulSet: mount, prepare, run, report."""
        pair = self.world.authority.pair()
        for name in ("data", "tls", "keys"):
            (self.folder / name).mkdir()
        secret = self.world.found("Secret", "svc-main-tls", "v1")
        for name in ("tls.crt", "tls.key"):
            (self.folder / "tls" / name).write_text(authorities.decoded(secret, name))
        self.pod = Pod(
            folder=self.folder, port=self.port, authority=pair, cluster=self.world.cluster, base=self.order()
        )
        self.pod.start()
        self.world.play()
        shown = self.pod.shown()
        own = driver.own_labels("main")
        self.world.seed("v1", "Pod", "svc-main-0", namespace=NAMESPACE, labels=own, status=shown["status"])

    def given(self) -> Gateway:
        """A client with a Secret's content and nothing else."""
        found = self.world.found("Secret", "app", "v1")
        given = {key: base64.b64decode(value).decode() for key, value in found["data"].items()}
        assert given["endpoint"] == f"https://svc-main.{NAMESPACE}.svc.cluster.local:{desired.PORT}"
        return Gateway(
            endpoint=f"https://127.0.0.1:{self.port}",
            server_name=given["host"],
            access_key=given["access-key-id"],
            secret_key=given["secret-access-key"],
            authority_pem=given["ca.crt"],
            region=given["region"],
        )

    def ready(self, kind: str, name: str) -> str:
        status, reason, message = self.world.condition(kind, name, "Ready")
        return status if status == "True" else f"{reason}: {message}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(world=ServiceWorld(), folder=tmp_path)
    made.world.now = datetime.now(UTC)
    offering = manifests.objects(OFFERING)[0]
    plan = offering["spec"]["plans"][0] | {"storage": "1Gi"}
    helper = {"helperImage": f"{labels.REGISTRY}/govcloud:0.1.0"}
    versions = [version | helper for version in offering["spec"]["versions"]]
    made.world.cluster.seed(offering | {"spec": offering["spec"] | {"plans": [plan], "versions": versions}})
    yield made
    if made.pod is not None:
        made.pod.stop(hard=True)


def test_an_order_becomes_a_bucket_and_a_revoke_ends_its_keys(site: Site) -> None:
    site.world.order(offeringRef="bucket", plan="small")
    site.reconcile()
    assert site.ready("ServiceInstance", "main").startswith(("Creating", "Starting"))
    site.start()
    site.reconcile()
    assert site.ready("ServiceInstance", "main") == "True"
    site.world.bind()
    site.serve()
    assert site.ready("ServiceBinding", "app") == "True"
    first = site.given()
    buckets.put(first, BUCKET, "a", b"1")
    written = len(site.world.cluster.writes)
    site.reconcile()
    site.serve()
    assert len(site.world.cluster.writes) == written

    half = datetime.fromisoformat(site.world.found("ServiceBinding", "app")["status"]["nextRotation"])
    site.serve(later=half)
    second = site.given()
    assert second.access_key != first.access_key
    for client in (first, second):
        assert buckets.get(client, BUCKET, "a") == b"1"

    site.world.change("ServiceBinding", "app", revoked=True)
    site.serve()
    assert site.world.get("Secret", "app", "v1") is None
    for client in (first, second):
        with pytest.raises(Refused, match="InvalidAccessKeyId"):
            buckets.get(client, BUCKET, "a")


def test_nothing_secret_is_in_what_people_can_read(site: Site) -> None:
    site.world.order(offeringRef="bucket", plan="small")
    site.reconcile()
    site.start()
    site.reconcile()
    assert site.pod is not None
    kinds = (("v1", "Secret"), ("v1", "ConfigMap"), ("v1", "Pod"), ("apps/v1", "StatefulSet"))
    listed = [obj for version, kind in kinds for obj in site.world.cluster.list(version, kind, namespace=NAMESPACE)]
    shown = str(listed) + "".join(
        base64.b64decode(value).decode() for obj in listed for value in (obj.get("data") or {}).values()
    )
    for secret in (site.order().secret, site.pod.administrator.secret_key, site.world.authority.pair().key):
        assert secret not in shown
    assert gateway.REGION in shown
