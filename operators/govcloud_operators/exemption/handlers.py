"""Events about PolicyExemptions -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """The environment it is about takes it on."""
    name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
    yield Key("PolicyExemption", namespace, name)
    yield Key("Environment", namespace, obj["spec"].get("environmentRef") or "")
