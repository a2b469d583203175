"""Keeps the store of one kind true: list once, then watch, in a thread of its own, for ever.

A watch that ended in order, broke or fell silent goes on from the last version that was heard of. A list is read anew
only when the API server says that this version is gone, or something that cannot be understood; see `ending`.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol
from urllib.parse import urlencode

from govcloud_api.errors import GovcloudError
from govcloud_kube import backoff, endings
from govcloud_monitoring.watch import standing
from govcloud_monitoring.watch.ending import Reason, ending
from govcloud_monitoring.watch.restarts import Restarts
from govcloud_monitoring.watch.standing import Standing
from govcloud_monitoring.watch.store import Store
from govcloud_monitoring.watch.wire import Key, Kind, Page, Value

logger = logging.getLogger(__name__)

PAGE_OBJECTS = 500
PAUSE_BASE_SECONDS = 0.5
PAUSE_MAX_SECONDS = 5.0
"""Small against the staleness bound: an API server that comes back is heard again soon."""
LEAST_SECONDS = 1.0
"""Between two watches, should the API server end one at once, in order, again and again."""


class Api(Protocol):
    """The two methods of `govcloud_kube.real.RealCluster` that are needed."""

    def raw(self, method: str, path: str) -> bytes:
        """The bytes an API path answers."""
        ...

    def lines(self, path: str, *, silent_seconds: float) -> Iterator[bytes]:
        """Lines of an answer that comes bit by bit; it has begun when this returns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What followers share. `now` is a monotonic clock in seconds; `stale_seconds` see `standing`."""

    api: Api
    now: Callable[[], float]
    stale_seconds: float
    restarts: Restarts
    page_objects: int = PAGE_OBJECTS


class Follower(Generic[Value]):
    """One kind. `run` is the body of a thread; an unexpected error ends it, and `idle_seconds` grows."""

    def __init__(self, kind: Kind[Value], terms: Terms) -> None:
        self.store: Store[Value] = Store()
        self._kind = kind
        self.terms = terms
        self._version = ""
        """Where a watch goes on; empty: only a list helps."""
        self._is_sure = True
        """Whether it is the same API server as before, as far as is known; see `_require_history`."""
        self._is_followed = False
        self._heard_at = self._turned_at = terms.now()
        self._trouble = ""
        self._failures = 0
        self._reasons: set[Reason] = set()
        """Why it failed since it last watched."""
        self._stopped = threading.Event()

    def start(self) -> None:
        """Run in a thread that ends with the process."""
        threading.Thread(target=self.run, name=f"follow {self._kind.name}", daemon=True).start()

    def stop(self) -> None:
        """End with the next event, or when the watch ends."""
        self._stopped.set()

    def run(self) -> None:
        """List and watch until told to stop."""
        while not self._stopped.is_set():
            self._stopped.wait(self.turn())

    def turn(self) -> float:
        """List, where need be, and watch once; the seconds to pause afterwards."""
        began = self.terms.now()
        try:
            self._begin()
            self._watch()
        except (GovcloudError, ValueError) as error:
            self._failed(error)
            lasted = self.terms.now() - began
            self._failures = 0 if lasted > PAUSE_MAX_SECONDS else self._failures + 1
            pause_seconds = backoff.growing_seconds(
                self._failures, base_seconds=PAUSE_BASE_SECONDS, max_seconds=PAUSE_MAX_SECONDS
            )
        else:
            pause_seconds = max(0.0, LEAST_SECONDS - (self.terms.now() - began))
        self._turned_at = self.terms.now()
        return pause_seconds

    @property
    def standing(self) -> Standing:
        """Whether the store may be shown."""
        return Standing(
            kind=self._kind.name, is_followed=self._is_followed, heard_at=self._heard_at, trouble=self._trouble
        )

    def idle_seconds(self) -> float:
        """Time since anything was heard or an attempt ended: large when the thread stands still or is dead."""
        return self.terms.now() - max(self._turned_at, self._heard_at)

    def _begin(self) -> None:
        if not self._version:
            self._list()
        elif not self._is_sure:
            self._require_history()
        self._is_sure = True

    def _list(self) -> None:
        entries: list[tuple[Key, Value]] = []
        page = self._page(self.terms.page_objects)
        while True:
            entries += page.entries
            if not page.continue_token:
                break
            page = self._page(self.terms.page_objects, page.continue_token)
        self.store.replace(entries)
        self._version = page.version

    def _require_history(self) -> None:
        """Raises Gone when the API server is younger than what was heard: its etcd was restored from a backup.

        It takes a watch from a version of the future, and says nothing until it gets there.
        """
        version = self._page(1).version
        if int(version) < int(self._version):
            raise endings.Gone(f"{self._kind.path} is at version {version}, and was at {self._version}")

    def _page(self, objects: int, token: str = "") -> Page[Value]:
        query = {"limit": str(objects)} | ({"continue": token} if token else {})
        page = self._kind.page(self.terms.api.raw("GET", f"{self._kind.path}?{urlencode(query)}"))
        self._turned_at = self.terms.now()
        if not page.version:
            raise ValueError("the list has no resourceVersion")
        return page

    def _watch(self) -> None:
        longest = standing.watch_seconds(self.terms.stale_seconds)
        seconds = random.randint(max(1, longest * 4 // 5), longest)  # noqa: S311 - spreads load
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(seconds),
        }
        lines = self.terms.api.lines(
            f"{self._kind.path}?{urlencode(query)}", silent_seconds=standing.silent_seconds(self.terms.stale_seconds)
        )
        self._is_followed = True
        self._reasons.clear()
        self._trouble = ""
        self._hear()
        for line in lines:
            change = self._kind.change(line)
            self.store.take(change)
            self._version = change.version
            self._hear()
            if self._stopped.is_set():
                return
        self._hear()

    def _hear(self) -> None:
        self._heard_at = self.terms.now()

    def _failed(self, error: Exception) -> None:
        """Remember what to do next; counted and said once for each reason until it watches again."""
        found = ending(error)
        self._is_sure = False
        if found.lists_anew:
            self._version = ""
        if found.is_refused:
            self._is_followed = False
        if found.reason not in self._reasons:
            self._reasons.add(found.reason)
            self._trouble = _text(self._kind.path, error)
            self.terms.restarts.add(self._kind.name, found.reason)
            logger.warning("%s: %s; it is watched again", self._kind.name, self._trouble)


def _text(path: str, error: Exception) -> str:
    if isinstance(error, GovcloudError):
        return str(error)
    return f"GET {path}: the answer is not what was asked for: {error}; check what answers at this address"
