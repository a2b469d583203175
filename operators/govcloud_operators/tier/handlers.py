"""Events about ServiceTiers -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch ServiceTiers."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "servicetiers", registry=registry, id="service-tier")
    async def on_event(name: str, **_: object) -> None:
        enqueue(Key("ServiceTier", None, name))
