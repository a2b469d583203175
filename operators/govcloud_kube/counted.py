"""A `Cluster` whose writes are counted once the API server took them: reads go through, refusals are not counted."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_kube.cluster import Cluster, Object, Ref
from govcloud_kube.passing import Passing

Count = Callable[[str, str], None]
"""(kind, verb); the verbs are `apply`, `create`, `patch_status`, `delete`. Called in the thread that wrote."""


class Counted(Passing):
    """See `Cluster`. What is only tried (`dry_run`), and what was not there to delete, is no write."""

    def __init__(self, cluster: Cluster, count: Count) -> None:
        super().__init__(cluster)
        self._count = count

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        answer = super().apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)
        if not dry_run:
            self._count(obj["kind"], "apply")
        return answer

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`."""
        answer = super().create(obj, dry_run=dry_run)
        if not dry_run:
            self._count(obj["kind"], "create")
        return answer

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        answer = super().patch_status(obj, field_manager=field_manager)
        self._count(obj["kind"], "patch_status")
        return answer

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        there = super().delete(ref, uid=uid, resource_version=resource_version)
        if there:
            self._count(ref.kind, "delete")
        return there

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """See `Cluster.raw`; of no kind that is known here."""
        answer = super().raw(method, path, body, content_type)
        if method != "GET":
            self._count("raw", method.lower())
        return answer
