"""Events about Approvals -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch Approvals; what they are about is looked at as well."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "approvals", registry=registry, id="approval")
    async def on_event(name: str, namespace: str | None, spec: kopf.Spec, **_: object) -> None:
        enqueue(Key("Approval", namespace, name))
        asked = spec.get("requestRef") or {}
        if asked.get("kind") in ("EnvironmentRequest", "PolicyExemption"):
            enqueue(Key(asked["kind"], asked.get("namespace"), asked.get("name") or ""))
