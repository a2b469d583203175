"""A `Cluster` that answers reads of some kinds from copies and keeps them true: what it wrote itself it sees at once.

Whoever watches tells it of changes by others; until then a copy may be a moment old. That is safe for level-based
work: writes carry the UID or version of what was looked at, a refusal makes the copy doubtful, and what is doubtful is
read live. A kind whose watch is down is read live, too.
"""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from govcloud_api import errors
from govcloud_kube import cluster as seam
from govcloud_kube.cluster import Cluster, Object, Objects, Ref
from govcloud_kube.shelf import Change, Followed, Key, Shelf, key_of, version_of

SELDOM_SECONDS = 5.0
"""How long an answer about an object that practically never changes is used again."""
Pages = Callable[[Followed], Iterator[Objects]]
"""All objects of a kind as the API server has them now, page by page."""
Told = Callable[[Followed, Change], None]


class Mirror:
    """See `Cluster`; reads in the name of others, and of kinds that are not followed, go to the API server."""

    def __init__(
        self, cluster: Cluster, pages: Pages, followed: Iterable[Followed], *, seldom: Iterable[Ref] = ()
    ) -> None:
        """`seldom`: single objects whose answers are kept for `SELDOM_SECONDS`."""
        self.shelves = tuple(Shelf(each) for each in followed)
        self._by_kind = defaultdict[tuple[str, str], list[Shelf]](list)
        for shelf in self.shelves:
            self._by_kind[shelf.followed.api_version, shelf.followed.kind].append(shelf)
        self._slipped: Told = nobody
        self._cluster = cluster
        self._pages = pages
        self._seldom: dict[Ref, tuple[float, Object]] = {ref: (0.0, {}) for ref in seldom}
        self._own = True

    def acting_as(self, user: str) -> Self:
        """See `Cluster.acting_as`: reads are live, because that user's rights decide; writes are seen by all."""
        other = copy.copy(self)
        other._cluster = self._cluster.acting_as(user)
        other._own = False
        return other

    def get(self, ref: Ref) -> Object | None:
        """See `Cluster.get`."""
        if ref in self._seldom and self._own:
            return self._seldom_changed(ref)
        shelf = next((found for found in self._ready(ref.api_version, ref.kind) if found.followed.answers(ref)), None)
        if shelf is None:
            return self._cluster.get(ref)
        key = (ref.namespace or "", ref.name)
        if shelf.is_sure(key):
            return shelf.get(key)
        version = shelf.version(key)
        found = self._cluster.get(ref)
        self._tell_slipped(shelf, shelf.settle(key, found, version))
        return found

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
        for shelf in self._ready(api_version, kind):
            selected = _selectors(shelf.followed, namespace, label_selector, field_selector)
            if selected is None:
                continue
            if shelf.doubtful(namespace):
                self._resolve(shelf, namespace)
            return shelf.list(namespace, *selected)
        return self._cluster.list(
            api_version, kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector
        )

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        write = self._cluster.apply
        return self._written(
            obj, dry_run, lambda: write(obj, field_manager=field_manager, dry_run=dry_run, force=force)
        )

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`."""
        return self._written(obj, dry_run, lambda: self._cluster.create(obj, dry_run=dry_run))

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        return self._written(obj, False, lambda: self._cluster.patch_status(obj, field_manager=field_manager))

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        try:
            return self._cluster.delete(ref, uid=uid, resource_version=resource_version)
        finally:
            self._doubt(ref)

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """See `Cluster.raw`."""
        return self._cluster.raw(method, path, body, content_type)

    def heard(self, shelf: Shelf, type_: str | None, obj: Object) -> Change | None:
        """Somebody who watches saw this; None when it is no news, as with the echo of an own write."""
        if type_ == "DELETED":
            return shelf.remove(key_of(obj), version_of(obj))
        return shelf.put(obj)

    def refresh(self, shelf: Shelf, told: Told, pages: Pages | None = None) -> None:
        """Compare with the API server and take over what differs; `told` hears of each difference as it is found.

        So no more than a page is decoded at once. Raises what a list raises.
        """
        before, seen = shelf.known(), set[Key]()
        for page in (pages or self._pages)(shelf.followed):
            for obj in page:
                seen.add(key_of(obj))
                if change := shelf.put(obj):
                    told(shelf.followed, change)
        if not shelf.followed.newest:
            for change in shelf.drop((key, version) for key, version in before.items() if key not in seen):
                told(shelf.followed, change)

    def on_slipped(self, told: Told) -> None:
        """Call `told` when something else than a watch shows a change by another hand.

        That is a live read of what was doubtful, and the answer to a status write when more than the status is new. The
        watch shows the same version afterwards, and so no change.
        """
        self._slipped = told

    def _of(self, api_version: str, kind: str) -> Sequence[Shelf]:
        return self._by_kind.get((api_version, kind), ())

    def _ready(self, api_version: str, kind: str) -> Iterator[Shelf]:
        return (shelf for shelf in self._of(api_version, kind) if self._own and shelf.ready)

    def _doubt(self, ref: Ref) -> None:
        for shelf in self._of(ref.api_version, ref.kind):
            shelf.doubt((ref.namespace or "", ref.name))

    def _resolve(self, shelf: Shelf, namespace: str | None) -> None:
        """Read live what is doubtful; an object that is not followed stays so, and is not in the list either."""
        followed = shelf.followed
        for key in shelf.doubtful(namespace):
            version = shelf.version(key)
            ref = Ref(followed.api_version, followed.kind, key[1], key[0] or None)
            self._tell_slipped(shelf, shelf.settle(key, self._cluster.get(ref), version))

    def _written(self, obj: Object, dry_run: bool, write: Callable[[], Object]) -> Object:
        shelves = () if dry_run else self._of(obj["apiVersion"], obj["kind"])
        if not shelves:
            return write()
        try:
            answer = write()
        except errors.GovcloudError:
            if "name" in obj["metadata"]:
                self._doubt(seam.ref_of(obj))
            raise
        for shelf in shelves:
            if _is_last_answer(answer):
                shelf.doubt(key_of(answer))
            elif shelf.followed.selects(answer):
                change = shelf.put(answer)
                self._tell_slipped(shelf, change if "status" in obj else None)
        return answer

    def _tell_slipped(self, shelf: Shelf, change: Change | None) -> None:
        if change is not None and not is_only_status(change):
            self._slipped(shelf.followed, change)

    def _seldom_changed(self, ref: Ref) -> Object | None:
        at, known = self._seldom[ref]
        now = time.monotonic()
        if known and now - at < SELDOM_SECONDS:
            return known
        found = self._cluster.get(ref)
        self._seldom[ref] = (now, found or {})
        return found


def _selectors(
    followed: Followed, namespace: str | None, label_selector: str, field_selector: str
) -> tuple[str, str] | None:
    """What is left to select from the copies; None when they are not all that is asked for."""
    if followed.namespace not in (None, namespace):
        return None
    asked, known = (label_selector, field_selector), (followed.label_selector, followed.field_selector)
    if asked == known:
        return "", ""
    return None if any(known) else asked


def is_only_status(change: Change) -> bool:
    """Both are there and differ in nothing but the status; who wrote what counts as little as the version."""
    return change.before is not None and change.after is not None and _core(change.before) == _core(change.after)


def _core(obj: Object) -> tuple[Object, Object]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in ("managedFields", "resourceVersion")}
    return metadata, {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def nobody(_followed: Followed, _change: Change) -> None:
    """Nobody wants to know."""


def _is_last_answer(answer: Object) -> bool:
    """The write took the last finalizer off: the answer shows what is not there any more."""
    metadata = answer["metadata"]
    return "deletionTimestamp" in metadata and not metadata.get("finalizers")
