"""How often this process wrote what, as far as the API server took it."""

from __future__ import annotations

import threading

MAX_PAIRS = 100
"""Of kind and verb: each is a series. The rooms write some sixty."""
OTHER = "other"


class Writes:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def add(self, kind: str, verb: str) -> None:
        """Count one; see `govcloud_kube.counted`."""
        pair = (kind, verb)
        with self._lock:
            if pair not in self._counts and len(self._counts) >= MAX_PAIRS:
                pair = (OTHER, verb)
            self._counts[pair] = self._counts.get(pair, 0) + 1

    def read(self) -> dict[tuple[str, str], int]:
        """(kind, verb) -> how often."""
        with self._lock:
            return dict(self._counts)
