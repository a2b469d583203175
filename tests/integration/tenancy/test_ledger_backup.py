"""The ledger's place in the backup store on a real API server, with the operator's rights; and the same in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.ledger_backup import desired
from govcloud_operators.ledger_backup import reconcile as room
from govcloud_operators.services.authority import Authority, decoded, encoded
from govcloud_operators.services.backups import ledger, vault
from govcloud_operators.services.backups import room as store
from support import apiserver, tenancy
from support.manifests import objects
from support.services import MemoryVaults

RBAC = Path(__file__).parents[3] / "monitoring/deploy/23-operator-ledger-backup.yaml"
HOME: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.MONITORING_NAMESPACE}}
RECORD = ledger.platform(vault.LEDGER).ref


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`operator` has the operator's rights, `admin` every right."""

    operator: Cluster
    admin: Cluster
    vaults: MemoryVaults = field(default_factory=MemoryVaults)

    @property
    def authority(self) -> Authority:
        return Authority(self.operator, lambda: datetime.now(UTC))

    def look(self) -> float | None:
        """One look after the Secret."""
        return room.reconcile(self.operator, lambda: self.authority.platform_vault(vault.LEDGER))

    def keep_store(self) -> None:
        """One look after the store."""
        store.reconcile(self.operator, self.authority, self.vaults, datetime.now(UTC))

    def secret(self) -> Object:
        """What the pod mounts."""
        found = self.admin.get(desired.SECRET)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """Without an operator that would work beside the tests."""
    with tenancy.platform(tmp_path_factory.mktemp("ledger-backup")) as running:
        yield running


@pytest.fixture(scope="module")
def real(server: apiserver.ApiServer) -> World:
    operator = server.connect(labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)
    world = World(operator=operator, admin=server.admin())
    assert world.look() == room.ABSENT_PAUSE_SECONDS, "monitoring comes after the operator"
    world.admin.create(HOME)
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
    names = (labels.SYSTEM_NAMESPACE, vault.NAMESPACE)
    homes = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    cluster = MemoryCluster([*homes, HOME])
    return World(operator=cluster, admin=cluster)


def test_the_secret_is_made_and_a_second_look_writes_nothing(world: World) -> None:
    assert world.look() is None
    before = world.secret()
    assert world.authority.platform_vault(vault.LEDGER).passphrase in decoded(before, "pgbackrest.conf")
    world.look()
    assert world.secret() == before


@pytest.mark.parametrize("immutable", [False, True])
def test_what_somebody_spoils_is_repaired_at_the_next_look(world: World, immutable: bool) -> None:
    world.look()
    good = world.secret()["data"]
    world.admin.delete(desired.SECRET)
    metadata = {"name": desired.SECRET.name, "namespace": desired.SECRET.namespace}
    spoilt: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"ca.crt": encoded("x")}}
    world.admin.create(spoilt | ({"immutable": True} if immutable else {}))
    world.look()
    assert world.secret()["data"] == good


def test_the_bucket_is_opened_recorded_and_never_closed(world: World) -> None:
    world.keep_store()
    made = world.authority.platform_vault(vault.LEDGER)
    assert world.vaults.open_for == {made.bucket: {made.writer.key, made.reader.key}}
    record = world.admin.get(RECORD)
    assert record is not None
    assert ledger.parse(record).opened
    world.keep_store()
    assert world.admin.get(RECORD) == record
    world.vaults.open_for.clear()
    world.keep_store()
    assert made.bucket in world.vaults.open_for


def test_the_operator_reaches_no_other_secret_of_the_namespace(real: World) -> None:
    other = Ref("v1", "Secret", "ledger-backup-of-another", labels.MONITORING_NAMESPACE)
    body: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": other.name, "namespace": other.namespace},
    }
    with pytest.raises(errors.Forbidden):
        real.operator.get(other)
    with pytest.raises(errors.Forbidden):
        real.operator.apply(body, field_manager=labels.OPERATOR_FIELD_MANAGER)
    with pytest.raises(errors.Forbidden):
        real.operator.list("v1", "Secret", namespace=labels.MONITORING_NAMESPACE)


def test_nobody_of_a_department_gets_at_secret_or_record(real: World, server: apiserver.ApiServer) -> None:
    real.look()
    real.keep_store()
    for stranger in (
        server.connect("anna", "govcloud:tax:owner", "system:authenticated"),
        server.connect(labels.tenant_user("tax"), "system:serviceaccounts", "system:authenticated"),
    ):
        for ref in (desired.SECRET, RECORD):
            with pytest.raises(errors.Forbidden):
                stranger.get(ref)
