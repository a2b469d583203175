"""Events about ServiceOfferings -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch offerings; their instances follow a new version or plan."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "serviceofferings", registry=registry, id="service-offering")
    async def on_event(name: str, meta: kopf.Meta, status: kopf.Status, **_: object) -> None:
        enqueue(Key("ServiceOffering", None, name))
        if status.get("observedGeneration") != meta.get("generation"):
            enqueue(Key("ServiceOfferingFanOut", None, name))
