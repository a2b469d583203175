"""Events about ApprovalPolicies -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch policies; another rule may decide about every request that is open."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "approvalpolicies", registry=registry, id="approval-policy")
    async def on_event(name: str, **_: object) -> None:
        enqueue(Key("ApprovalPolicy", None, name))
        enqueue(Key("ApprovalPolicyFanOut", None, "all"))
