"""Keeps the copies of one kind true: list once, then watch, in a thread of its own, for ever.

A watch that says nothing is given up: the API server sends a bookmark about once a minute, or is asked to end the watch
before.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from govcloud_api import errors
from govcloud_kube import backoff
from govcloud_kube.cluster import Object, Objects
from govcloud_kube.mirror import Mirror, Told
from govcloud_kube.shelf import Followed, Shelf

LOG = logging.getLogger(__name__)
WATCH_SECONDS = 240
BARE_WATCH_SECONDS = 60
"""Without bookmarks; well below `SILENT_SECONDS`."""
SILENT_SECONDS = 90.0
BACKOFF_BASE_SECONDS = 0.25
BACKOFF_MAX_SECONDS = 15.0


class Page(Protocol):
    """A part of a list."""

    @property
    def items(self) -> Objects:
        """Objects with apiVersion and kind."""
        ...

    @property
    def version(self) -> str:
        """Where a watch goes on after the list."""
        ...


class Source(Protocol):
    """What is followed; see `real.RealCluster`."""

    def pages(self, asked: Followed) -> Iterator[Page]:
        """All objects, page by page."""
        ...

    def changes(self, asked: Followed, version: str, *, seconds: int, silent_seconds: float) -> Iterator[Object]:
        """What happens after a version."""
        ...


class Follower:
    """One kind. `run` is the body of a thread; it raises nothing and ends only when told to."""

    def __init__(self, source: Source, mirror: Mirror, shelf: Shelf, told: Told) -> None:
        """`told` hears of every change that was not an own write; it must be quick and raise nothing."""
        self._source = source
        self._mirror = mirror
        self._shelf = shelf
        self._told = told
        self._stopped = threading.Event()

    def start(self) -> threading.Thread:
        """Run in a thread that ends with the process."""
        thread = threading.Thread(target=self.run, name=f"follow {self._shelf.followed.kind}", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End at the next event, or when the watch ends."""
        self._stopped.set()

    def run(self) -> None:
        """List and watch until told to stop; after a failure again, with growing pauses."""
        failures = 0
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                self._follow()
            except errors.GovcloudError as error:
                LOG.warning("%s: %s; it is read live meanwhile", self._shelf.followed.kind, error)
            except Exception:
                LOG.exception("%s: unexpected error; it is read live meanwhile", self._shelf.followed.kind)
            self._shelf.ready = False
            failures = 0 if time.monotonic() - began > BACKOFF_MAX_SECONDS else failures + 1
            self._stopped.wait(
                backoff.growing_seconds(failures, base_seconds=BACKOFF_BASE_SECONDS, max_seconds=BACKOFF_MAX_SECONDS)
            )

    def _follow(self) -> None:
        version = self._list()
        least = WATCH_SECONDS if self._shelf.followed.has_bookmarks else BARE_WATCH_SECONDS
        while not self._stopped.is_set():
            seconds = random.randint(least, least * 5 // 4)  # noqa: S311 - spreads load
            version = self._watch(version, seconds)

    def _list(self) -> str:
        version = ""

        def pages(_followed: Followed) -> Iterator[Objects]:
            nonlocal version
            for page in self._source.pages(self._shelf.followed):
                version = page.version
                yield page.items

        self._mirror.refresh(self._shelf, self._told, pages)
        return version

    def _watch(self, version: str, seconds: int) -> str:
        events = self._source.changes(self._shelf.followed, version, seconds=seconds, silent_seconds=SILENT_SECONDS)
        self._shelf.ready = True
        for event in events:
            if event["type"] == "ERROR":
                raise errors.ApiUnavailable(f"the watch ended: {event['object'].get('message', 'no reason given')}")
            obj = event["object"]
            version = obj["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK" and (change := self._mirror.heard(self._shelf, event["type"], obj)):
                self._told(self._shelf.followed, change)
            if self._stopped.is_set():
                break
        return version
