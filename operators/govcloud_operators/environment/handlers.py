"""Events about Environments -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """The request shows its state, the department counts it."""
    name, namespace, spec = obj["metadata"]["name"], obj["metadata"]["namespace"], obj["spec"]
    yield Key("Environment", namespace, name)
    yield Key("EnvironmentRequest", namespace, (spec.get("requestRef") or {}).get("name", ""))
    yield Key("Department", None, spec.get("departmentRef", ""))
