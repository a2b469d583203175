"""Look, decide, act, look again: a few rounds of one reconcile, each from a live view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from govcloud_api import errors
from govcloud_kube import Cluster
from govcloud_operators import actions
from govcloud_operators.actions import Action

MAX_ROUNDS = 8
"""More means two hands pull the same object; the queue then retries with growing pauses."""

Seen = TypeVar("Seen")
Decided = TypeVar("Decided")


def converge(
    cluster: Cluster,
    gather: Callable[[], Seen | None],
    decide: Callable[[Seen], Decided],
    actions_of: Callable[[Decided], Iterable[Action]],
) -> tuple[Seen, Decided] | None:
    """Act until a look shows nothing to do; that look and its decision, or None when the object is gone.

    Raises NotReady when `MAX_ROUNDS` looks do not get there, and whatever the cluster raises.
    """
    last: tuple[Seen, Decided] | None = None
    for _ in range(MAX_ROUNDS):
        seen = gather()
        if seen is None:
            return last
        last = (seen, decide(seen))
        wanted = tuple(actions_of(last[1]))
        if not wanted:
            return last
        actions.perform(cluster, wanted)
    raise errors.NotReady(f"still not settled after {MAX_ROUNDS} rounds; something else changes the same objects")
