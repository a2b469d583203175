"""PUT an object that somebody else may write to at the same time."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_api import errors, labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster, Object, ref_of

_TRIES = 20


def put(cluster: Cluster, obj: Object, change: Callable[[Object], Object], subresource: str = "") -> None:
    """PUT `change(obj)` without storing it; when another one was faster, change what is there now.

    `subresource` as in `/status`. Raises what the API server refuses, Conflict when another is faster each time.
    """
    for _ in range(_TRIES):
        try:
            cluster.raw("PUT", f"{_path(obj)}{subresource}?dryRun=All", change(obj))
        except errors.Conflict:
            obj = cluster.get(ref_of(obj)) or obj
        else:
            return
    raise errors.Conflict(f"{ref_of(obj)}: another was faster {_TRIES} times")


def _path(obj: Object) -> str:
    plural = next(definition.plural for definition in DEFINITIONS if definition.kind == obj["kind"])
    metadata = obj["metadata"]
    where = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"/apis/{labels.API_VERSION}/{where}{plural}/{metadata['name']}"
