"""Bucket as a `ServiceDriver`."""

from __future__ import annotations

from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_operators.services import driver
from govcloud_operators.services.bucket import accounts, administrator, desired
from govcloud_operators.services.driver import Credentials, Door, Observation, Order
from govcloud_operators.services.one_server import OneServer
from govcloud_operators.services.s3 import gateway

SMALLEST_MEMORY = "128Mi"
RESERVED_ENDINGS = ("-s3alias", "--ol-s3", "--x-s3", ".mrap", "--table-s3")
"""Names of buckets that S3 keeps for itself."""


class BucketDriver(OneServer):
    """One gateway with one bucket a ServiceInstance, one volume, no backup."""

    accounts = accounts.BucketAccounts()
    product = "bucket"
    smallest_memory = SMALLEST_MEMORY

    def own_fault(self, order: Order) -> str:
        """See `OneServer`."""
        if order.name.endswith(RESERVED_ENDINGS):
            return f"no bucket may be named {order.name}: S3 keeps that ending for itself; choose another name"
        if not order.helper_image:
            return f"version {order.version} of the offering has no helperImage; the platform must mend it"
        return ""

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
        """See `ServiceDriver`. Clients must be told to trust `ca.crt`, and to name the bucket in the path."""
        where, bucket = f"{driver.host(order)}:{desired.PORT}", desired.bucket(order)
        return {
            "type": "s3",
            "provider": "govcloud",
            "host": driver.host(order),
            "port": str(desired.PORT),
            "username": credentials.user,
            "password": credentials.password,
            "endpoint": f"https://{where}",
            "bucket": bucket,
            "region": gateway.REGION,
            "access-key-id": accounts.access_key(credentials.user, credentials.role),
            "secret-access-key": credentials.password,
            "uri": f"https://{where}/{bucket}",
        }

    def observe(self, order: Order, door: Door) -> Observation:
        """See `ServiceDriver`. The bucket is made on the way."""
        accounts.prepare(administrator.ways(order, door), order)
        return Observation()
