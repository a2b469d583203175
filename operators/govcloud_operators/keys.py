"""What the queue holds: the name of something to look at, never a copy of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Key(NamedTuple):
    """One object to reconcile; `namespace` is None for cluster-scoped kinds."""

    kind: str
    namespace: str | None
    name: str


Enqueue = Callable[[Key], None]
