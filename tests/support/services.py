"""Services for tests: orders with everything right unless said otherwise, and a small world they live in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from govcloud_api import conditions, errors, labels
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import room as backup_store
from govcloud_operators.services.backups import vault
from govcloud_operators.services.backups.vault import Store, Vault
from govcloud_operators.services.binding import reconcile as binding
from govcloud_operators.services.driver import Credentials, Door, Observation, Order, Seen
from govcloud_operators.services.instance import reconcile as instance_room
from govcloud_operators.services.looking import as_named, instance_ref
from govcloud_operators.services.postgresql.driver import PostgresDriver

NAMESPACE = "tax-portal-dev"
HOME = "dept-tax"
NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
"""A Sunday, at noon."""
IMAGE = f"{labels.REGISTRY}/postgresql:15.20"
VAULT = vault.derive(Store(authority="the services' authority"), "1", "7" * 64)
PLAN = Plan(name="small", cpu="500m", memory="512Mi", storage="5Gi", price_cents=1000)


def instance(name: str = "main", **spec: Any) -> Object:
    """A ServiceInstance in wire form."""
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "ServiceInstance",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"offeringRef": "postgresql", "plan": "small"} | spec,
    }


def offering(name: str = "postgresql", **spec: Any) -> Object:
    """A ServiceOffering in wire form."""
    given: dict[str, Any] = {
        "displayName": "PostgreSQL",
        "driver": "postgresql",
        "supportStatus": "Production",
        "maxDataClass": "internal",
        "versions": [{"version": "15.20", "image": IMAGE, "default": True}],
        "plans": [PLAN.wire()],
    }
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "ServiceOffering",
        "metadata": {"name": name},
        "spec": given | spec,
    }


def order(name: str = "main", **changed: Any) -> Order:
    """An Order of driver `postgresql`; `spec` changes the instance's spec."""
    spec = changed.pop("spec", {})
    given: dict[str, Any] = {
        "instance": ServiceInstance.parse(instance(name, **spec)),
        "plan": PLAN,
        "version": "15.20",
        "image": IMAGE,
        "namespace": NAMESPACE,
        "department_code": "tax",
        "now": NOW,
        "vault": VAULT,
    }
    return Order(**given | changed)


class MemoryVaults:
    """`keeping.Vaults` in memory; `down` says why the store does not answer."""

    def __init__(self) -> None:
        self.down = ""
        self.open_for: dict[str, set[str]] = {}
        self.swept: list[str] = []

    def open(self, found: Vault) -> None:
        self._answer()[found.bucket] = {found.reader.key, found.writer.key}

    def close(self, found: Vault) -> None:
        self._answer()[found.bucket] = {found.reader.key}

    def remove(self, found: Vault) -> None:
        self._answer().pop(found.bucket, None)

    def sweep(self, found: Vault, now: datetime) -> None:
        assert found.bucket in self._answer()
        self.swept.append(found.bucket)

    def buckets(self) -> frozenset[str]:
        return frozenset(self._answer())

    def _answer(self) -> dict[str, set[str]]:
        if self.down:
            raise errors.NotReady(self.down, delay_seconds=2)
        return self.open_for


@dataclass
class Database:
    """Logins of a database in memory, as the real one keeps them; `down` says why it does not answer."""

    clock: Any
    logins: dict[str, Credentials] = field(default_factory=dict)
    used: dict[str, datetime] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    down: str = ""
    observation: Observation = field(default_factory=Observation)
    wanted_backup: datetime | None = None
    flushed: int = 0

    def open(self, user: str, password: str) -> bool:
        """Log in as a program does."""
        known = self.logins.get(user)
        late = known is not None and known.valid_until is not None and known.valid_until <= self.clock()
        if self.down or known is None or known.password != password or late:
            return False
        self.sessions.append(user)
        self.used[user] = self.clock()
        return True


class MemoryAccounts:
    """`driver.Accounts` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        self._answer().logins[credentials.user] = credentials

    def remove(self, order: Order, door: Door, user: str) -> None:
        database = self._answer()
        database.logins.pop(user, None)
        database.sessions = [session for session in database.sessions if session != user]

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        database = self._answer()
        return tuple(
            Seen(user=name, valid_until=login.valid_until, last_used=database.used.get(name))
            for name, login in sorted(database.logins.items())
            if name.startswith(prefix)
        )

    def _answer(self) -> Database:
        if self._database.down:
            raise errors.NotReady(self._database.down, delay_seconds=5)
        return self._database


class MemoryDriver(PostgresDriver):
    """The driver `postgresql` with a database in memory behind its door."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.accounts = MemoryAccounts(database)

    def observe(self, order: Order, door: Door) -> Observation:
        if self._database.down:
            raise errors.NotReady(self._database.down, delay_seconds=5)
        return self._database.observation

    def want_backup(self, door: Door, since: datetime) -> None:
        self._database.wanted_backup = since

    def flush(self, door: Door) -> None:
        self._database.flushed += 1


class ServiceWorld:
    """A cluster in memory with one Ready environment of the tax department, and a clock that moves when told."""

    def __init__(self) -> None:
        self.now = NOW
        self.cluster = MemoryCluster(clock=lambda: self.now)
        self.authority = Authority(self.cluster, lambda: self.now)
        self.vaults = MemoryVaults()
        self.database = Database(clock=lambda: self.now)
        self.driver = MemoryDriver(self.database)
        for name in (labels.SYSTEM_NAMESPACE, vault.NAMESPACE, HOME):
            self.seed("v1", "Namespace", name)
        spec = {
            "code": "tax",
            "displayName": "Tax",
            "quota": {"hard": {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}},
        }
        self.seed(labels.API_VERSION, "Department", "tax", spec=spec)
        self.environment = self._environment()
        named = {labels.DEPARTMENT: "tax", labels.ENVIRONMENT: "portal-dev", labels.MANAGED_BY: labels.MANAGER}
        owner = {labels.OWNER_UID: self.environment["metadata"]["uid"]}
        self.namespace_uid = self.seed("v1", "Namespace", NAMESPACE, labels=named, annotations=owner)["metadata"]["uid"]
        self.quota()
        self.cluster.seed(offering())
        objectives = dict.fromkeys(
            ("provisioningMinutes", "decisionMinutes", "supportResponseMinutes", "rpoMinutes", "rtoMinutes"), 60
        )
        prices = {"cpuCoreCents": 1000, "memoryGibCents": 100, "storageGibCents": 10}
        tier = {"objectives": objectives | {"availabilityPercent": "99"}, "prices": prices}
        self.seed(labels.API_VERSION, "ServiceTier", "standard", spec=tier)

    def seed(self, api_version: str, kind: str, name: str, **more: Any) -> Object:
        """Put an object there; metadata by `labels`, `annotations`, `namespace`."""
        metadata = {key: more.pop(key) for key in ("labels", "annotations", "namespace") if key in more}
        return self.cluster.seed(
            {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}, **more}
        )

    def _environment(self) -> Object:
        spec = {
            "departmentRef": "tax",
            "product": "portal",
            "purpose": "development",
            "size": "small",
            "quota": {"cpu": "1", "memory": "2Gi", "storage": "20Gi", "pods": 20},
            "requestRef": {"name": "first", "uid": "1"},
        }
        good = [
            {"type": kind, "status": "True", "reason": "Good", "message": "", "observedGeneration": 1}
            | {"lastTransitionTime": conditions.timestamp(NOW)}
            for kind in ("QuotaEnforced", "NetworkIsolated", "Ready")
        ]
        return self.seed(
            labels.API_VERSION,
            "Environment",
            "portal-dev",
            namespace=HOME,
            spec=spec,
            status={"namespace": NAMESPACE, "conditions": good, "observedGeneration": 1},
        )

    def quota(self, **used: str) -> None:
        """What of the environment's quota is used."""
        hard = {"requests.cpu": "1", "requests.memory": "2Gi", "requests.storage": "20Gi"}
        left = {key: "0" for key in hard} | {key.replace("_", "."): value for key, value in used.items()}
        status = {"hard": hard, "used": left}
        self.seed("v1", "ResourceQuota", "govcloud-quota", namespace=NAMESPACE, spec={"hard": hard}, status=status)

    def pass_time(self, **delta: float) -> None:
        """Move the clock."""
        self.now += timedelta(**delta)

    def get(self, kind: str, name: str, api_version: str = labels.API_VERSION) -> Object | None:
        """An object of the environment's namespace."""
        return self.cluster.get(Ref(api_version, kind, name, NAMESPACE))

    def found(self, kind: str, name: str, api_version: str = labels.API_VERSION) -> Object:
        """The same, which must be there."""
        found = self.get(kind, name, api_version)
        assert found is not None, f"{kind} {name} is not there"
        return found

    def order(self, name: str = "main", **spec: Any) -> Object:
        """A person orders an instance."""
        return self.cluster.create(instance(name, **spec))

    def change(self, kind: str, name: str, **spec: Any) -> None:
        """A person changes fields of a spec."""
        metadata = {"name": name, "namespace": NAMESPACE}
        body = {"apiVersion": labels.API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
        self.cluster.apply(body, field_manager="person")

    def bind(self, name: str = "app", **spec: Any) -> Object:
        """A person asks for credentials."""
        metadata = {"name": name, "namespace": NAMESPACE}
        wanted = {"instanceRef": "main"} | spec
        body = {"apiVersion": labels.API_VERSION, "kind": "ServiceBinding", "metadata": metadata, "spec": wanted}
        return self.cluster.create(body)

    def reconcile(self, name: str = "main") -> float | None:
        """One reconcile of an instance."""
        ref = instance_ref(NAMESPACE, name)
        return instance_room.reconcile(self.cluster, ref, self.authority, as_named, self.now, vaults=self.vaults)

    def keep_store(self) -> None:
        """One look at the backup store."""
        backup_store.reconcile(self.cluster, self.authority, self.vaults, self.now)

    def serve(self, name: str = "app") -> float | None:
        """One reconcile of a binding."""
        return binding.reconcile(self.cluster, binding.binding_ref(NAMESPACE, name), self.authority, as_named, self.now)

    def play(self, name: str = "main", *, ready: bool = True) -> None:
        """The StatefulSet's controller and a kubelet: a pod that answers, or not, or none for no replicas."""
        found = self.found("StatefulSet", f"svc-{name}", "apps/v1")
        wanted = found["spec"]["replicas"]
        count = wanted if ready else 0
        status = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": wanted,
            "readyReplicas": count,
            "updatedReplicas": wanted,
        }
        body = {key: found[key] for key in ("apiVersion", "kind")} | {
            "metadata": {"name": found["metadata"]["name"], "namespace": NAMESPACE},
            "status": status,
        }
        self.cluster.patch_status(body, field_manager="kubelet")

    def running(self, name: str = "main", **spec: Any) -> None:
        """An instance that is Ready."""
        self.order(name, **spec)
        self.reconcile(name)
        self.play(name)
        self.reconcile(name)

    def condition(self, kind: str, name: str, type_: str) -> tuple[str, str, str]:
        """(status, reason, message) of a condition, empty when it is not there."""
        found = conditions.find(self.found(kind, name), type_) or {}
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")
