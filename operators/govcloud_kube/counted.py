"""A `Cluster` whose writes are counted once the API server took them: reads go through, refusals are not counted."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_kube.cluster import Cluster, Object, Objects, Ref

Count = Callable[[str, str], None]
"""(kind, verb); the verbs are `apply`, `create`, `patch_status`, `delete`. Called in the thread that wrote."""


class Counted:
    """See `Cluster`. What is only tried (`dry_run`), and what was not there to delete, is no write."""

    def __init__(self, cluster: Cluster, count: Count) -> None:
        self._cluster = cluster
        self._count = count

    def acting_as(self, user: str) -> Counted:
        """Another name, the same count."""
        return Counted(self._cluster.acting_as(user), self._count)

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
        answer = self._cluster.apply(obj, field_manager=field_manager, dry_run=dry_run, force=force)
        if not dry_run:
            self._count(obj["kind"], "apply")
        return answer

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`."""
        answer = self._cluster.create(obj, dry_run=dry_run)
        if not dry_run:
            self._count(obj["kind"], "create")
        return answer

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        answer = self._cluster.patch_status(obj, field_manager=field_manager)
        self._count(obj["kind"], "patch_status")
        return answer

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        there = self._cluster.delete(ref, uid=uid, resource_version=resource_version)
        if there:
            self._count(ref.kind, "delete")
        return there

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """See `Cluster.raw`; of no kind that is known here."""
        answer = self._cluster.raw(method, path, body, content_type)
        if method != "GET":
            self._count("raw", method.lower())
        return answer
