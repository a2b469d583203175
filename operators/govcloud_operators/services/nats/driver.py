"""NATS as a `ServiceDriver`."""

from __future__ import annotations

from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver
from govcloud_operators.services.driver import Credentials, Door, Observation, Order
from govcloud_operators.services.nats import accounts, desired
from govcloud_operators.services.one_server import OneServer

SMALLEST_MEMORY = "64Mi"


class NatsDriver(OneServer):
    """One server a ServiceInstance, one volume, no backup: streams carry what databases hold."""

    accounts = accounts.NatsAccounts()
    product = "nats"
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
        """See `ServiceDriver`. Clients take `user.creds` as a file; its key is made from the password."""
        where = driver.host(order)
        return {
            "type": "nats",
            "provider": "govcloud",
            "host": where,
            "port": str(desired.PORT),
            "username": credentials.user,
            "password": credentials.password,
            "user.creds": accounts.creds(order, credentials),
            "uri": f"tls://{where}:{desired.PORT}",
        }

    def observe(self, order: Order, door: Door) -> Observation:
        """See `ServiceDriver`. A renewed certificate is taken up on the way."""
        return accounts.observe(order, door)
