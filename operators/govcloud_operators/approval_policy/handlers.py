"""Events about ApprovalPolicies -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """Another rule may decide about every request that is open."""
    yield Key("ApprovalPolicy", None, obj["metadata"]["name"])
    yield Key("ApprovalPolicyFanOut", None, "all")
