"""The certificates of monitoring on a real API server, with the operator's own rights; and the same in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.platform_certificates import checks
from govcloud_operators.platform_certificates import reconcile as room
from govcloud_operators.platform_certificates.checks import WANTED
from govcloud_operators.services import authority as authorities
from govcloud_operators.services.authority import Authority
from support import apiserver, places, tenancy
from support.manifests import objects

RBAC = Path(__file__).parents[3] / "monitoring/deploy/22-operator-certificates.yaml"
HOMES: list[Object] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in room.NAMESPACES
]
EXPORTER = WANTED[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`operator` has the operator's rights, `admin` every right."""

    operator: Cluster
    admin: Cluster

    def look(self, *, later: timedelta = timedelta()) -> float | None:
        """One look of the room."""
        now = datetime.now(UTC) + later
        return room.reconcile(self.operator, Authority(self.operator, lambda: now).pair, now)

    def secrets(self) -> dict[str, Object | None]:
        """All of them by name."""
        return {wanted.name: self.admin.get(wanted.ref) for wanted in WANTED}

    def good(self, *, later: timedelta = timedelta()) -> list[str]:
        """Names of those that are as they shall be."""
        now = datetime.now(UTC) + later
        pair = Authority(self.operator, lambda: now).pair()
        found = self.secrets()
        return [each.name for each in WANTED if checks.step(each, found[each.name], pair, now) == "keep"]


ALL = [wanted.name for wanted in WANTED]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """Without an operator that would work beside the tests."""
    with tenancy.platform(tmp_path_factory.mktemp("certificates")) as running:
        yield running


@pytest.fixture(scope="module")
def real(server: apiserver.ApiServer) -> World:
    operator = server.connect(labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)
    world = World(operator=operator, admin=server.admin())
    assert world.look() == room.ABSENT_PAUSE_SECONDS, "monitoring comes after the operator"
    for home in HOMES:
        world.admin.create(home)
    with pytest.raises(errors.Forbidden):
        world.look()
    for obj in objects(RBAC):
        world.admin.apply(obj, field_manager=labels.PLATFORM_FIELD_MANAGER)
    tenancy.eventually(lambda: world.look() is None, "the rights hold")
    return world


@pytest.fixture(params=["memory", "real"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "real":
        found: World = request.getfixturevalue("real")
        return found
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}}
    cluster = MemoryCluster([system, *HOMES])
    return World(operator=cluster, admin=cluster)


def test_all_are_made_and_a_second_look_writes_nothing(world: World) -> None:
    assert world.look() is None
    assert world.good() == ALL
    before = world.secrets()
    assert world.look() is None
    assert world.secrets() == before
    for secret in before.values():
        assert secret is not None
        assert secret["type"] == "kubernetes.io/tls"


def test_each_is_renewed_at_half_its_life(world: World) -> None:
    world.look()
    before, later = world.secrets(), timedelta(days=checks.DAYS / 2 + 1)
    assert world.good(later=later) == []
    world.look(later=later)
    assert world.good(later=later) == ALL
    for name, secret in world.secrets().items():
        assert secret is not None
        assert secret["data"]["tls.crt"] != (before[name] or {})["data"]["tls.crt"]
    world.look()  # those of the future are none of today
    assert world.good() == ALL


def remake(world: World, **changes: object) -> None:
    """Somebody removes the exporter's Secret, and makes another one of its name."""
    found = world.admin.get(EXPORTER.ref)
    assert found is not None
    world.admin.delete(EXPORTER.ref)
    body = {key: found[key] for key in ("apiVersion", "kind", "type", "data")}
    metadata = {"name": EXPORTER.name, "namespace": labels.MONITORING_NAMESPACE}
    world.admin.create(body | {"metadata": metadata} | changes)


def remove(world: World) -> None:
    world.admin.delete(EXPORTER.ref)


def alter(world: World) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls"}
    metadata = {"name": EXPORTER.name, "namespace": labels.MONITORING_NAMESPACE}
    data = {"tls.crt": authorities.encoded("x")}
    world.admin.apply(body | {"metadata": metadata, "data": data}, field_manager="somebody")


def lock(world: World) -> None:
    found = world.admin.get(EXPORTER.ref)
    assert found is not None
    remake(world, data=found["data"] | {"ca.crt": authorities.encoded("x")}, immutable=True)


def of_another_type(world: World) -> None:
    remake(world, type="Opaque")


@pytest.mark.parametrize("spoil", [remove, alter, lock, of_another_type], ids=lambda spoil: spoil.__name__)
def test_what_somebody_spoils_is_repaired_at_the_next_look(world: World, spoil: Callable[[World], None]) -> None:
    world.look()
    spoil(world)
    assert world.good() == [name for name in ALL if name != EXPORTER.name]
    world.look()
    assert world.good() == ALL


def test_two_that_look_at_the_same_time_end_with_good_ones(real: World) -> None:
    """A lease keeps operators apart; if it ever failed, a Secret would still hold a certificate and its own key."""
    for wanted in WANTED:
        real.admin.delete(wanted.ref)
    threads = [threading.Thread(target=real.look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert real.good() == ALL


def secret(name: str, namespace: str = labels.MONITORING_NAMESPACE, **more: object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata} | more


@pytest.mark.parametrize("namespace", room.NAMESPACES)
def test_the_operator_reaches_no_other_secret_of_the_namespace(real: World, namespace: str) -> None:
    named = Ref("v1", "Secret", "alertmanager", namespace)
    real.admin.apply(secret(named.name, namespace), field_manager="somebody")
    with pytest.raises(errors.Forbidden):
        real.operator.get(named)
    with pytest.raises(errors.Forbidden):
        real.operator.list("v1", "Secret", namespace=namespace)
    with pytest.raises(errors.Forbidden):
        real.operator.delete(named)
    with pytest.raises(errors.Forbidden):
        real.operator.apply(secret("another", namespace), field_manager=labels.OPERATOR_FIELD_MANAGER)
    with pytest.raises(errors.Forbidden):
        real.operator.create(secret("another", namespace))


TOKEN = secret("free", type="kubernetes.io/service-account-token")
TOKEN["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "default"}


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (TOKEN, "makes no tokens"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": secret("x")["metadata"]}, "only in namespaces of dep"),
        ({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": secret("x")["metadata"]}, "only in namespaces of"),
    ],
)
def test_with_every_right_it_would_be_held_to_secrets_that_are_no_tokens(
    server: apiserver.ApiServer, obj: Object, words: str
) -> None:
    with pytest.raises(errors.InvalidSpec, match=words):
        places.operator(server).create(obj, dry_run=True)
    assert places.operator(server).create(secret("free"), dry_run=True)
