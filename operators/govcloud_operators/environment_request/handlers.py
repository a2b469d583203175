"""Events about EnvironmentRequests -> keys of the queue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud_api.objects import Object
from govcloud_api.rules import checks
from govcloud_operators.keys import Key


def touched(type_: str | None, obj: Object) -> Iterator[Key]:
    """One that was deleted is cancelled, or history: nothing of the world changes by it.

    The next request about the same environment waits for its turn, and is looked at when this one is out of the way.
    Who shall get an environment is shown the request at home, so the receiving department is looked at, too.
    """
    name, namespace, spec = obj["metadata"]["name"], obj["metadata"]["namespace"], obj["spec"]
    gone = type_ == "DELETED"
    if not gone:
        yield Key("EnvironmentRequest", namespace, name)
    if gone or (obj.get("status") or {}).get("phase") not in checks.UNDECIDED:
        yield Key("EnvironmentRequestFanOut", namespace, spec.get("environmentRef") or "")
    yield Key("Department", None, spec.get("transferTo") or "")
