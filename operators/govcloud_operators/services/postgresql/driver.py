"""`ServiceDriver` for PostgreSQL 15."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from govcloud_api import conditions, policy, quantity
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver, trouble
from govcloud_operators.services.driver import Credentials, Door, Observation, Order
from govcloud_operators.services.postgresql import accounts, config, desired

SMALLEST_MEMORY = "192Mi"


class PostgresDriver:
    """One database a ServiceInstance: one pod, one volume, backups in the store."""

    accounts = accounts.PostgresAccounts()
    has_certificate = True
    has_backup = True

    def faults(self, order: Order) -> str:
        """See `ServiceDriver.faults`."""
        if order.plan.replicas != 1:
            return (
                f"plan {order.plan.name} has {order.plan.replicas} replicas, but a database runs one; tell the platform"
            )
        if quantity.size_bytes(order.plan.memory) < quantity.size_bytes(SMALLEST_MEMORY):
            return (
                f"plan {order.plan.name} has {order.plan.memory} of memory; postgresql needs {SMALLEST_MEMORY} at least"
            )
        if not quantity.size_bytes(order.plan.storage):
            return f"plan {order.plan.name} has no storage; postgresql needs a volume"
        restore = order.instance.spec.restore_from
        if restore is not None and restore.instance == order.instance.metadata.name:
            return "restoreFrom.instance is this instance itself; name another one of this namespace"
        if restore is not None and restore.time is not None and not _is_moment(restore.time):
            return f"restoreFrom.time {restore.time} is no moment; write it like 2026-05-03T12:00:00Z"
        return ""

    def stages(self, order: Order) -> list[list[Object]]:
        """See `ServiceDriver.stages`."""
        return desired.stages(order)

    def refs(self, order: Order) -> list[Ref]:
        """See `ServiceDriver.refs`."""
        return desired.refs(order)

    def readiness(self, order: Order) -> Condition:
        """See `ServiceDriver.readiness`."""
        found = order.live.get(desired.server_ref(order))
        if found is None:
            return _unfinished(order)
        if order.suspended:
            text = "the environment is suspended; the data is kept"
            return Condition(type="Provisioned", status="False", reason="Suspended", message=text)
        status = found.get("status") or {}
        seen = status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
        ready = seen and status.get("readyReplicas", 0) >= 1
        if ready and status.get("updatedReplicas", 0) >= 1:
            return Condition(type="Provisioned", status="True", reason="Answers")
        why = trouble.of_pods(order.pods)
        reason, text = (why.reason, why.message) if why else ("Starting", "the database does not answer yet")
        return Condition(type="Provisioned", status="False", reason=reason, message=text)

    def applied_version(self, order: Order) -> str | None:
        """See `ServiceDriver.applied_version`."""
        found = order.live.get(desired.server_ref(order)) or {}
        return ((found.get("metadata") or {}).get("labels") or {}).get(desired.VERSION)

    def endpoint(self, order: Order) -> Endpoint:
        """See `ServiceDriver.endpoint`."""
        return Endpoint(host=driver.host(order), port=config.PORT)

    def reserved(self, order: Order) -> policy.Share:
        """See `ServiceDriver.reserved`: the server, its keeper and the volume; backups lie elsewhere."""
        return policy.Share(
            cpu_millicores=quantity.cpu_millicores(order.plan.cpu) + desired.KEEPER_CPU_MILLICORES,
            memory_bytes=desired.memory_bytes(order) + desired.KEEPER_MEMORY_BYTES,
            storage_bytes=quantity.size_bytes(order.plan.storage),
        )

    def entries(self, order: Order, credentials: Credentials) -> dict[str, str]:
        """See `ServiceDriver.entries`. `sslmode=verify-full` wants `ca.crt` as `sslrootcert`."""
        where = driver.host(order)
        user, password = quote(credentials.user, safe=""), quote(credentials.password, safe="")
        return {
            "type": "postgresql",
            "provider": "govcloud",
            "host": where,
            "port": str(config.PORT),
            "database": config.DATABASE,
            "username": credentials.user,
            "password": credentials.password,
            "sslmode": "verify-full",
            "uri": f"postgresql://{user}:{password}@{where}:{config.PORT}/{config.DATABASE}?sslmode=verify-full",
            "jdbc-url": f"jdbc:postgresql://{where}:{config.PORT}/{config.DATABASE}?sslmode=verify-full",
        }

    def observe(self, order: Order, door: Door) -> Observation:
        """See `ServiceDriver.observe`."""
        return accounts.observe(door)

    def want_backup(self, door: Door, since: datetime) -> None:
        """See `ServiceDriver.want_backup`."""
        accounts.want_backup(door, since)

    def flush(self, door: Door) -> None:
        """See `ServiceDriver.flush`."""
        accounts.flush(door)


def _is_moment(text: str) -> bool:
    """With a zone: the API server lets forms pass that Python does not read."""
    try:
        return conditions.parse_timestamp(text).tzinfo is not None
    except ValueError:
        return False


def _unfinished(order: Order) -> Condition:
    restore = order.instance.spec.restore_from
    if restore is None:
        text = "the database is being made"
        return Condition(type="Provisioned", status="False", reason="Creating", message=text)
    job = order.live.get(desired.restore_ref(order)) or {}
    if conditions.holds(job, "Failed"):
        text = (
            f"the backups of {restore.instance} could not be restored to {restore.time or 'their end'}; read the log of"
            f" Job {desired.restore_ref(order).name}, then make a new instance with another moment"
        )
        return Condition(type="Provisioned", status="False", reason="RestoreFailed", message=text)
    text = f"the backups of {restore.instance} are being restored"
    return Condition(type="Provisioned", status="False", reason="Restoring", message=text)
