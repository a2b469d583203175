"""Events about Ingresses of environments -> the one key that stands for all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.ingress import checks
from govcloud_operators.keys import Key

KEY = Key("Ingress", None, "all")


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """Copies name no class and are passed over."""
    if checks.is_ours(obj):
        yield KEY
