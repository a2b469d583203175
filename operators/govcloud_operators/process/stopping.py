"""Told to stop, the process ends in order and within seconds, whatever kopf is doing just then.

kopf 1.45 takes SIGTERM and SIGINT for itself; told within its first second it waits for ever for its own tasks.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine, Iterable
from typing import Any

LOG = logging.getLogger(__name__)
END_SECONDS = 3.0
"""How long parts that are cancelled may take; then the lease is given back without them."""


class Stop:
    """One word for the whole process, given by SIGTERM or SIGINT. Made inside the event loop."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self.listen()

    def listen(self) -> None:
        """Take both signals, also from a library that took them in the meantime."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._told.set)

    async def or_end(self, work: Coroutine[Any, Any, int], *, beside: Coroutine[Any, Any, None]) -> int:
        """The exit code of `work`, or 0 after it was cancelled because of a signal and has tidied up.

        1 when something else cancelled it: what shall run `beside` it ended first, or a library did.
        """
        working, told = asyncio.create_task(work), asyncio.create_task(self._told.wait())
        other = asyncio.create_task(beside)
        await asyncio.wait([working, told, other], return_when=asyncio.FIRST_COMPLETED)
        stopped = told.done()
        if stopped:
            asyncio.get_running_loop().set_exception_handler(_hushed)
        elif other.done() and not working.done():
            why = "it was cancelled" if other.cancelled() else other.exception()
            LOG.critical("what runs beside the work ended: %s; the process ends to be started again", why)
        told.cancel()
        working.cancel()
        await asyncio.wait([working])
        await end([other])
        if working.cancelled():
            return 0 if stopped else 1
        return working.result()


def _hushed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What kopf's generators say when they are closed in the middle is no fault of the operator."""
    LOG.debug("while stopping: %s", context.get("message"))


async def end(parts: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel all and wait, but not for ever."""
    pending = [part for part in parts if not part.done()]
    for part in pending:
        part.cancel()
    if pending:
        await asyncio.wait(pending, timeout=END_SECONDS)
