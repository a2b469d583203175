"""How long people waited for new environments, by tier, as counted by this process."""

from __future__ import annotations

import threading

from govcloud_operators.histogram import Histogram, Reading

MAX_TIERS = 6
"""A tier is eleven series; what the platform defines beyond is counted together."""
OTHER = "other"


class ReadyTimes:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._tiers: dict[str, Histogram] = {}
        self._lock = threading.Lock()

    def know(self, tier: str) -> None:
        """There is such a tier: it is shown with zeros, so that the first environment is seen as growth."""
        with self._lock:
            self._of(tier)

    def add(self, tier: str, seconds: float) -> None:
        """An environment became Ready for the first time."""
        with self._lock:
            self._of(tier).add(seconds)

    def read(self) -> dict[str, Reading]:
        """By tier."""
        with self._lock:
            return {tier: histogram.read() for tier, histogram in self._tiers.items()}

    def _of(self, tier: str) -> Histogram:
        if tier not in self._tiers and len(self._tiers) >= MAX_TIERS:
            tier = OTHER
        return self._tiers.setdefault(tier, Histogram())
