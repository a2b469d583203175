"""Events about Departments -> keys of the queue."""

from __future__ import annotations

import kopf

from govcloud_api import labels
from govcloud_operators.keys import Enqueue, Key


def register(registry: kopf.OperatorRegistry, enqueue: Enqueue) -> None:
    """Watch Departments. A change may let requests pass and changes who may enter environments: look at all."""

    @kopf.on.event(labels.GROUP, labels.VERSION, "departments", registry=registry, id="department")
    async def on_event(name: str, spec: kopf.Spec, **_: object) -> None:
        enqueue(Key("Department", None, name))
        enqueue(Key("DepartmentFanOut", None, name))
        enqueue(Key("ServiceTier", None, spec.get("serviceTierRef", "")))
