"""Events about EnvironmentRequests -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch requests; one that was deleted gives its environment back, so that one is looked at as well."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "environmentrequests", registry=registry, id="environment-request")
    async def on_event(name: str, namespace: str | None, status: kopf.Status, type: str | None, **_: object) -> None:
        enqueue(Key("EnvironmentRequest", namespace, name))
        reference = status.get("environmentRef") or {}
        if type == "DELETED" and reference.get("name"):
            enqueue(Key("Environment", namespace, reference["name"]))
