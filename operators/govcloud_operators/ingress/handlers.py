"""Events about Ingresses of environments -> the one key that stands for all of them."""

from __future__ import annotations

import kopf

from govcloud_operators.ingress import checks
from govcloud_operators.keys import Enqueue, Key

KEY = Key("Ingress", None, "all")


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch Ingresses; copies name no class and are passed over."""

    @kopf.on.event("networking.k8s.io", "v1", "ingresses", registry=registry, id="ingress")
    async def on_event(body: kopf.Body, **_: object) -> None:
        if checks.is_ours(dict(body)):
            enqueue(KEY)
