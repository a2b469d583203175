"""Valkey as a `ServiceDriver`."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from govcloud_api import policy
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver, server
from govcloud_operators.services.driver import Credentials, Door, Observation, Order
from govcloud_operators.services.valkey import accounts, desired

SMALLEST_MEMORY = "64Mi"


class ValkeyDriver:
    """One server a ServiceInstance, one volume, no backup: what must survive the volume belongs in a database."""

    accounts = accounts.ValkeyAccounts()
    has_certificate = True
    has_backup = False

    def faults(self, order: Order) -> str:
        """See `ServiceDriver`."""
        if order.instance.spec.restore_from is not None:
            return "spec.restoreFrom is set, but valkey has no backups; leave it out"
        return server.fault(order, smallest_memory=SMALLEST_MEMORY)

    def stages(self, order: Order) -> list[list[Object]]:
        """See `ServiceDriver`."""
        return desired.stages(order)

    def refs(self, order: Order) -> list[Ref]:
        """See `ServiceDriver`."""
        return desired.refs(order)

    def readiness(self, order: Order) -> Condition:
        """See `ServiceDriver`."""
        return server.readiness(order)

    def applied_version(self, order: Order) -> str | None:
        """See `ServiceDriver`."""
        return server.applied_version(order)

    def endpoint(self, order: Order) -> Endpoint:
        """See `ServiceDriver`."""
        return Endpoint(host=driver.host(order), port=desired.PORT)

    def reserved(self, order: Order) -> policy.Share:
        """See `ServiceDriver`."""
        return policy.share(cpu=order.plan.cpu, memory=order.plan.memory, storage=order.plan.storage)

    def entries(self, order: Order, credentials: Credentials) -> dict[str, str]:
        """See `ServiceDriver`. Clients must be told to trust `ca.crt`."""
        where = driver.host(order)
        user, password = quote(credentials.user, safe=""), quote(credentials.password, safe="")
        return {
            "type": "redis",
            "provider": "govcloud",
            "host": where,
            "port": str(desired.PORT),
            "username": credentials.user,
            "password": credentials.password,
            "ssl": "true",
            "uri": f"rediss://{user}:{password}@{where}:{desired.PORT}/0",
        }

    def observe(self, order: Order, door: Door) -> Observation:
        """See `ServiceDriver`. A renewed certificate is taken up on the way."""
        accounts.reload_certificate(order, door)
        return Observation()

    def want_backup(self, door: Door, since: datetime) -> None:
        """Never called: there are no backups."""

    def flush(self, door: Door) -> None:
        """Never called: there are no backups."""
