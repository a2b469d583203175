"""A `Cluster` whose writes pass a gate: reads go through, and before each write somebody may wait or refuse."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_kube.cluster import Cluster, Object, Ref
from govcloud_kube.passing import Passing

BeforeWrite = Callable[[], None]
"""Returns when the write may be done; whatever it raises, the write is not done and the error is the caller's."""


class Gated(Passing):
    """See `Cluster`; a `raw` call that is no GET counts as a write."""

    def __init__(self, cluster: Cluster, before_write: BeforeWrite) -> None:
        super().__init__(cluster)
        self._before_write = before_write

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        self._before_write()
        return super().apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`."""
        self._before_write()
        return super().create(obj, dry_run=dry_run)

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        self._before_write()
        return super().patch_status(obj, field_manager=field_manager)

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        self._before_write()
        return super().delete(ref, uid=uid, resource_version=resource_version)

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """See `Cluster.raw`."""
        if method != "GET":
            self._before_write()
        return super().raw(method, path, body, content_type)
