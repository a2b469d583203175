"""An interrupt while somebody else's program works for us: that one ends first, and tidily, then we do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from govcloud_infra.deploy import lock

T = TypeVar("T")
_LOOK_SECONDS = 0.2


def ending_first(call: Callable[[], T], state: Path) -> T:
    """Result of `call`, made on a thread of its own: what it waits for is not torn from its hands by an interrupt.

    Programs that it started for the site of `state` are ended then, and with them `call`. Raises what `call` raises.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(call)
        try:
            return future.result()
        except KeyboardInterrupt:
            while not future.done():
                lock.end_leftovers(state)  # again and again: it may be about to start another one
                wait([future], timeout=_LOOK_SECONDS)
            raise
