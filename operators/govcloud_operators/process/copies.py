"""The shell around the copies that reconciles read: who keeps them true, and who hears of changes.

kopf's events keep those of our own kinds true, a follower each the others; a comparison on the resync's clock finds
what both missed. See `govcloud_kube.mirror`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from govcloud_api import definitions, errors
from govcloud_api.objects import Object, Objects
from govcloud_kube import real
from govcloud_kube.follower import Follower
from govcloud_kube.mirror import Mirror, nobody
from govcloud_kube.shelf import Change, Followed, Shelf
from govcloud_operators.environment_request.reconcile import SERVED, SETTLED
from govcloud_operators.keys import Enqueue, Key
from govcloud_operators.knocks import Knocks
from govcloud_operators.process import following

LOG = logging.getLogger(__name__)
START_SECONDS = 8.0
HISTORY = SERVED | SETTLED
"""Phases of requests that an environment's status changes nothing about."""


class Copies:
    """Give `mirror` to whoever reads; call `start` once."""

    def __init__(self, cluster: real.RealCluster, enqueue: Enqueue, knocks: Knocks) -> None:
        """`enqueue` is called in threads of their own; `knocks` tries probes that run."""
        self._cluster = cluster
        self._enqueue = enqueue
        self._knocks = knocks
        own = following.own(found.kind for found in definitions.DEFINITIONS)
        self.mirror = Mirror(cluster, self._pages, (*own, *following.CHILDREN), seldom=following.SELDOM)
        self.mirror.on_slipped(self._slipped)
        self._own = {shelf.followed.kind: shelf for shelf in self.mirror.shelves if not self._is_child(shelf)}

    def start(self) -> None:
        """Follow what is not ours, list what is, and wait a while until all copies are there."""
        for shelf in filter(self._is_child, self.mirror.shelves):
            Follower(self._cluster, self.mirror, shelf, self._told).start()
        self._compare(self._own.values())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not all(shelf.ready for shelf in self.mirror.shelves):
            time.sleep(0.02)

    def compare(self) -> None:
        """Find what no watch told. Blocks for the lists; what cannot be listed is read live until it can."""
        self._compare(self.mirror.shelves)

    def heard(self, type_: str | None, obj: Object) -> frozenset[str]:
        """kopf saw an object of our own kinds; gives the kinds that need no look because of it."""
        shelf = self._own.get(obj.get("kind", ""))
        if shelf is None:
            return frozenset()
        change = self.mirror.heard(shelf, type_, obj)
        # kopf's lists have no type: then nothing is known of what happened before, and everything is looked at.
        return following.unconcerned(change) if type_ == "MODIFIED" else frozenset()

    def concerned(self, type_: str | None, obj: Object, touched: Iterable[Key]) -> Iterator[Key]:
        """kopf saw an object: those of `touched` that need a look because of it."""
        quiet = self.heard(type_, obj)
        return (key for key in touched if key.kind not in quiet or not self._is_at_rest(key))

    def _is_at_rest(self, key: Key) -> bool:
        """Requests that are not history wait for more than what an event shows."""
        if key.kind != "EnvironmentRequest":
            return True
        request = self._own[key.kind].get((key.namespace or "", key.name)) or {}
        return (request.get("status") or {}).get("phase") in HISTORY

    def _slipped(self, followed: Followed, change: Change) -> None:
        if followed.kind not in self._own:
            self._told(followed, change)
        elif (obj := change.after or change.before) is not None:
            self._enqueue(Key(followed.kind, obj["metadata"].get("namespace"), obj["metadata"]["name"]))

    def _compare(self, shelves: Iterable[Shelf]) -> None:
        for shelf in shelves:
            child = self._is_child(shelf)
            try:
                self.mirror.refresh(shelf, self._told if child else nobody)
            except errors.GovcloudError as error:
                LOG.warning("%s: %s", shelf.followed.kind, error)
                shelf.ready = shelf.ready and child
                continue
            shelf.ready = shelf.ready or not child

    def _told(self, followed: Followed, change: Change) -> None:
        if followed.kind == "Pod" and change.after is not None:
            self._knocks.knock(change.after, then=lambda: self._told(followed, change))
        place = following.place(followed, change)
        namespace = None if place is None else self._namespace(place.name)
        if (key := following.key(followed, change, namespace)) is not None:
            with suppress(RuntimeError):  # the process ends, its loop is closed already
                self._enqueue(key)

    def _namespace(self, name: str) -> Object | None:
        found = next(shelf for shelf in self.mirror.shelves if shelf.followed.kind == "Namespace")
        return found.get(("", name))

    def _pages(self, followed: Followed) -> Iterator[Objects]:
        return (page.items for page in self._cluster.pages(followed))

    @staticmethod
    def _is_child(shelf: Shelf) -> bool:
        return shelf.followed in following.CHILDREN
