"""Bounds on label values: what is over the limit becomes `other`, and is counted, so that pages stay small. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping

OTHER = "other"
MAX_DEPARTMENTS = 500
MAX_POOLS = 20
MAX_STORAGE_CLASSES = 20


def kept(values: Iterable[str], limit: int) -> frozenset[str]:
    """The first `limit` distinct values in alphabetical order: the same choice at every refresh."""
    return frozenset(sorted(set(values))[:limit])


class Folds:
    """Folds values and counts, per label, the objects whose value was folded."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def fold(self, label: str, value: str, allowed: Container[str]) -> str:
        """The value itself, or `other` when it is not allowed."""
        if value in allowed:
            return value
        self._counts[label] += 1
        return OTHER

    def counts(self) -> Mapping[str, int]:
        """Objects folded, by label."""
        return dict(self._counts)
