"""Valkey as a `ServiceDriver`."""

from __future__ import annotations

from urllib.parse import quote

from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver
from govcloud_operators.services.driver import Credentials, Door, Observation, Order
from govcloud_operators.services.one_server import OneServer
from govcloud_operators.services.valkey import accounts, desired

SMALLEST_MEMORY = "64Mi"


class ValkeyDriver(OneServer):
    """One server a ServiceInstance, one volume, no backup: what must survive the volume belongs in a database."""

    accounts = accounts.ValkeyAccounts()
    product = "valkey"
    smallest_memory = SMALLEST_MEMORY

    def stages(self, order: Order) -> list[list[Object]]:
        """See `ServiceDriver`."""
        return desired.stages(order)

    def refs(self, order: Order) -> list[Ref]:
        """See `ServiceDriver`."""
        return desired.refs(order)

    def endpoint(self, order: Order) -> Endpoint:
        """See `ServiceDriver`."""
        return Endpoint(host=driver.host(order), port=desired.PORT)

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
        return accounts.observe(order, door)
