"""Events about ServiceTiers -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """Nobody else reads what it counts."""
    yield Key("ServiceTier", None, obj["metadata"]["name"])
