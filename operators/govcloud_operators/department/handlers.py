"""Events about Departments -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """A change may let requests pass and changes who may enter environments: look at all."""
    name = obj["metadata"]["name"]
    yield Key("Department", None, name)
    yield Key("DepartmentFanOut", None, name)
    yield Key("ServiceTier", None, obj["spec"].get("serviceTierRef", ""))
