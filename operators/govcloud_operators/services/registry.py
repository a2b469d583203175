"""Which driver builds which offering: the name in `ServiceOffering.spec.driver` -> its driver."""

from __future__ import annotations

from govcloud_operators.services.bucket.driver import BucketDriver
from govcloud_operators.services.driver import ServiceDriver
from govcloud_operators.services.nats.driver import NatsDriver
from govcloud_operators.services.postgresql.driver import PostgresDriver
from govcloud_operators.services.valkey.driver import ValkeyDriver
from govcloud_operators.services.web.driver import WebDriver

REGISTRY: dict[str, ServiceDriver] = {
    "bucket": BucketDriver(),
    "nats": NatsDriver(),
    "postgresql": PostgresDriver(),
    "valkey": ValkeyDriver(),
    "web": WebDriver(),
}
"""A driver that is missing here is offered by nobody: its instances say so and wait."""
