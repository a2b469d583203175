"""Events about ServiceInstances -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """The offering counts them, bindings wait for them."""
    name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
    yield Key("ServiceInstance", namespace, name)
    yield Key("ServiceInstanceFanOut", namespace, name)
    yield Key("ServiceOffering", None, obj["spec"].get("offeringRef", ""))
