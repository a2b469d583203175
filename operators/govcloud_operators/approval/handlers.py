"""Events about Approvals -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_operators.keys import Key


def touched(_type: str | None, obj: Object) -> Iterator[Key]:
    """What it is about is looked at as well."""
    name, namespace, asked = obj["metadata"]["name"], obj["metadata"]["namespace"], obj["spec"].get("requestRef") or {}
    yield Key("Approval", namespace, name)
    if asked.get("kind") in ("EnvironmentRequest", "PolicyExemption"):
        yield Key(asked["kind"], asked.get("namespace"), asked.get("name") or "")
