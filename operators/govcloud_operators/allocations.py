"""Who gives out a department's quota is alone with it from the count to the write."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


class Allocations:
    """One lock a department, named by its home namespace."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def of(self, *homes: str) -> Iterator[None]:
        """Alone with the quota of these departments; others wait. One order of locking: no two wait for each other."""
        with self._guard:
            locks = [self._locks[home] for home in sorted(set(homes))]
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(lock)
            yield
