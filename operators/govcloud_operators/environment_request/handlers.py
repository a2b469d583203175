"""Events about EnvironmentRequests -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_api.rules import checks
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch requests. One that was deleted is cancelled, or history: nothing of the world changes by it.

    The next request about the same environment waits for its turn, and is looked at when this one is out of the way.
    Who shall get an environment is shown the request at home, so the receiving department is looked at, too.
    """

    @kopf.on.event(labels.GROUP, labels.VERSION, "environmentrequests", registry=registry, id="environment-request")
    async def on_event(
        name: str, namespace: str | None, spec: kopf.Spec, status: kopf.Status, type: str | None, **_: object
    ) -> None:
        gone = type == "DELETED"
        if not gone:
            enqueue(Key("EnvironmentRequest", namespace, name))
        if gone or status.get("phase") not in checks.UNDECIDED:
            enqueue(Key("EnvironmentRequestFanOut", namespace, spec.get("environmentRef") or ""))
        enqueue(Key("Department", None, spec.get("transferTo") or ""))
