"""Events about ServiceBindings -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch bindings; an instance that is being deleted waits until they are gone."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "servicebindings", registry=registry, id="service-binding")
    async def on_event(name: str, namespace: str | None, spec: kopf.Spec, type: str | None, **_: object) -> None:
        enqueue(Key("ServiceBinding", namespace, name))
        if type == "DELETED":
            enqueue(Key("ServiceInstance", namespace, spec.get("instanceRef", "")))
