"""The seam to a Kubernetes API: objects in wire form, one Protocol, no domain words.

Every method may raise, from `govcloud_api.errors`: Forbidden (401, 403), Conflict (409), InvalidSpec (400, 422),
NotFound (404 on a write, or a kind that is not served), ApiUnavailable (everything else, timeouts, no connection).
"""

from __future__ import annotations

from typing import Protocol

from govcloud_api.objects import Object, Objects, Ref, ref_of

__all__ = ["Cluster", "Object", "Objects", "Ref", "ref_of"]


class Cluster(Protocol):
    """What the rest of govcloud may do to a cluster."""

    def acting_as(self, user: str) -> Cluster:
        """The same cluster in the name of another user: its rights decide, and the audit log names both.

        Needs the right to impersonate that user. Which kinds there are is still asked in one's own name.
        """
        ...

    def get(self, ref: Ref) -> Object | None:
        """The live object (quorum read), None when it is not there."""
        ...

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """All objects of a kind, in all namespaces or one; pages are joined. Each has apiVersion and kind.

        Which fields can be selected depends on the kind, e.g. `type=Warning` of Events.
        """
        ...

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """Server-side apply; what this manager applied before and leaves out now is removed. Ignores `status`."""
        ...

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Create or raise Conflict when the name is taken. Ignores `status`."""
        ...

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """Server-side apply of `status` only; a `metadata.uid` in obj must match (else Conflict)."""
        ...

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """Ask for deletion; False when it was not there. Raises Conflict when a precondition does not hold."""
        ...

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """The bytes an API path answers; `path` starts with / and may hold a query."""
        ...
