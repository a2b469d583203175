"""Counts why watches were started again. Written by followers, read by scrapes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from govcloud_monitoring.watch.ending import REASONS, Reason


class Restarts:
    """Starts at zero for every kind and reason: a counter that first appears at 1 has not increased."""

    def __init__(self, kinds: Iterable[str]) -> None:
        self._counts: Counter[tuple[str, Reason]] = Counter({(kind, reason): 0 for kind in kinds for reason in REASONS})
        self._lock = threading.Lock()

    def add(self, kind: str, reason: Reason) -> None:
        """One more."""
        with self._lock:
            self._counts[kind, reason] += 1

    def counts(self) -> Mapping[tuple[str, Reason], int]:
        """By kind and reason."""
        with self._lock:
            return dict(self._counts)
