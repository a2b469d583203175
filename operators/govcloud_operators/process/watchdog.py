"""Is kopf still watching? A watcher that died leaves no trace but its missing task.

kopf 1.44-1.45 names its watcher tasks `watcher for <plural>.<version>.<group>@<namespace>`; an integration test holds
that. Source of the fault: nolar/kopf#1276.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from govcloud_operators.rooms import ROOMS

EXPECTED = frozenset(f"watcher for {room.watched}@None" for room in ROOMS if room.by_clock is None)
START_SECONDS = 30.0
CHECK_SECONDS = 1.0


def missing(task_names: Iterable[str]) -> frozenset[str]:
    """Watchers that should run and do not. Pure."""
    return EXPECTED - frozenset(task_names)


async def guard(*, start_seconds: float = START_SECONDS, check_seconds: float = CHECK_SECONDS) -> None:
    """Return as soon as a watcher is gone, else never; kopf gets `start_seconds` to start them all."""
    await asyncio.sleep(start_seconds)
    while not missing(task.get_name() for task in asyncio.all_tasks() if not task.done()):
        await asyncio.sleep(check_seconds)
