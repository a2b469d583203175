"""Events about ServiceInstances -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch instances; the offering counts them, bindings wait for them."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "serviceinstances", registry=registry, id="service-instance")
    async def on_event(name: str, namespace: str | None, spec: kopf.Spec, **_: object) -> None:
        enqueue(Key("ServiceInstance", namespace, name))
        enqueue(Key("ServiceInstanceFanOut", namespace, name))
        enqueue(Key("ServiceOffering", None, spec.get("offeringRef", "")))
