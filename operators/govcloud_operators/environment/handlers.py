"""Events about Environments -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch Environments; the request shows their state, the department counts them."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "environments", registry=registry, id="environment")
    async def on_event(name: str, namespace: str | None, spec: kopf.Spec, **_: object) -> None:
        enqueue(Key("Environment", namespace, name))
        enqueue(Key("EnvironmentRequest", namespace, (spec.get("requestRef") or {}).get("name", "")))
        enqueue(Key("Department", None, spec.get("departmentRef", "")))
