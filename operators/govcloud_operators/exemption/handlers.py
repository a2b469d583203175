"""Events about PolicyExemptions -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch exemptions; the environment they are about takes them on."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "policyexemptions", registry=registry, id="policy-exemption")
    async def on_event(name: str, namespace: str | None, spec: kopf.Spec, **_: object) -> None:
        enqueue(Key("PolicyExemption", namespace, name))
        enqueue(Key("Environment", namespace, spec.get("environmentRef") or ""))
