"""Keys that wait in one line, each at most once, sorted by when they are due."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from govcloud_operators.keys import Key


class Line:
    """All times are seconds of one clock."""

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []

    def add(self, key: Key, due: float) -> bool:
        """Put a key in; an earlier wish for the same key stands. True when this one counts."""
        if due >= self._due.get(key, float("inf")):
            return False
        self._due[key] = due
        heapq.heappush(self._heap, (due, key))
        return True

    def discard(self, key: Key) -> None:
        """Whoever wanted the key got it."""
        self._due.pop(key, None)

    def pop(self, now: float, busy: Collection[Key]) -> Key | float | None:
        """Take out the key that is due longest and not busy, or say until when none is due (None: for ever)."""
        skipped: list[tuple[float, Key]] = []
        try:
            while (head := self._head()) is not None:
                if head[0] > now:
                    return head[0] - now
                heapq.heappop(self._heap)
                if head[1] not in busy:
                    del self._due[head[1]]
                    return head[1]
                skipped.append(head)
            return None
        finally:
            for entry in skipped:
                heapq.heappush(self._heap, entry)

    def late_seconds(self, now: float) -> float:
        """How long the key that is due longest has been due; below 0 when none is."""
        head = self._head()
        return now - head[0] if head else float("-inf")

    def waiting_seconds(self, now: float, busy: Collection[Key]) -> dict[str, float]:
        """Kind -> the same of its keys that are due and not busy; looks at every key."""
        first: dict[str, float] = {}
        for key, due in self._due.items():
            if due <= now and due < first.get(key.kind, float("inf")) and key not in busy:
                first[key.kind] = due
        return {kind: now - due for kind, due in first.items()}

    def due(self, now: float) -> int:
        """How many keys are due."""
        return sum(due <= now for due in self._due.values())

    def _head(self) -> tuple[float, Key] | None:
        """The first entry that still counts."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
