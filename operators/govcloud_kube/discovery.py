"""Which path a kind has: read from the API server's discovery documents, kept for the life of one connection."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from govcloud_api import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Where a kind lives under its API group's path."""

    plural: str
    namespaced: bool


class Discovery:
    """Kind -> Resource; asks once an API group, and again when a kind is unknown (a CRD may be new)."""

    def __init__(self, fetch: Callable[[str], dict[str, Any] | None]) -> None:
        """`fetch` returns the decoded document of a path, None when the server has no such path."""
        self._fetch = fetch
        self._known: dict[tuple[str, str], Resource] = {}
        self._lock = threading.Lock()

    def path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str:
        """URL path of a collection, or of one object. Raises NotFound when the kind is not served."""
        resource = self._resource(api_version, kind)
        parts = [group_path(api_version)]
        if resource.namespaced and namespace is not None:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(resource.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        return "/".join(parts)

    def _resource(self, api_version: str, kind: str) -> Resource:
        with self._lock:
            if (api_version, kind) not in self._known:
                self._learn(api_version)
            found = self._known.get((api_version, kind))
        if found is None:
            raise errors.NotFound(f"{kind} ({api_version}) is not served by this cluster; are its CRDs applied?")
        return found

    def _learn(self, api_version: str) -> None:
        document = self._fetch(group_path(api_version))
        for entry in (document or {}).get("resources") or []:
            if "/" not in entry["name"]:
                resource = Resource(plural=entry["name"], namespaced=entry["namespaced"])
                self._known[(api_version, entry["kind"])] = resource


def group_path(api_version: str) -> str:
    """`v1` -> `/api/v1`, `apps/v1` -> `/apis/apps/v1`."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
