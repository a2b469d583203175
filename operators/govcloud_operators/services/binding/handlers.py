"""Events about ServiceBindings -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(type_: str | None, obj: Object) -> Iterator[Key]:
    """An instance that is being deleted waits until its bindings are gone."""
    metadata = obj["metadata"]
    yield Key("ServiceBinding", metadata["namespace"], metadata["name"])
    if type_ == "DELETED":
        yield Key("ServiceInstance", metadata["namespace"], obj["spec"].get("instanceRef", ""))
