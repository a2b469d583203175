"""Events about ServiceOfferings -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """Its instances follow a new version or plan."""
    metadata, status = obj["metadata"], obj.get("status") or {}
    yield Key("ServiceOffering", None, metadata["name"])
    if status.get("observedGeneration") != metadata.get("generation"):
        yield Key("ServiceOfferingFanOut", None, metadata["name"])
