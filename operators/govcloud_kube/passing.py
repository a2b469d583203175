"""A `Cluster` that passes everything on to another: who stands in between overrides what it changes."""

from __future__ import annotations

import copy
from typing import Self

from govcloud_kube.cluster import Cluster, Object, Objects, Ref


class Passing:
    """See `Cluster`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def acting_as(self, user: str) -> Self:
        """Another name, and the same in between."""
        other = copy.copy(self)
        other._cluster = self._cluster.acting_as(user)
        return other

    def get(self, ref: Ref) -> Object | None:
        """See `Cluster.get`."""
        return self._cluster.get(ref)

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """See `Cluster.list`."""
        return self._cluster.list(
            api_version, kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector
        )

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        return self._cluster.apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`."""
        return self._cluster.create(obj, dry_run=dry_run)

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        return self._cluster.patch_status(obj, field_manager=field_manager)

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        return self._cluster.delete(ref, uid=uid, resource_version=resource_version)

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """See `Cluster.raw`."""
        return self._cluster.raw(method, path, body, content_type)
