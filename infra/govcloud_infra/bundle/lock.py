"""One builder at a time in a bundle folder; the kernel frees the lock of a killed one."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from govcloud_api.errors import Locked

_LOOK_AGAIN_SECONDS = 0.5


@contextmanager
def hold(root: Path, *, wait_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder's lock. Waits for another builder up to `wait_seconds`, says so once, then raises Locked."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a+") as file:
        _acquire(file.fileno(), root, wait_seconds, tell)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _acquire(descriptor: int, root: Path, wait_seconds: float, tell: Callable[[str], None]) -> None:
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = (root / "lock").read_text().strip() or "unknown"
            if time.monotonic() >= deadline:
                raise Locked(
                    f"Another build (process {holder}) works in {root}; wait for its end, or give --wait SECONDS."
                ) from None
            if not told:
                tell(f"waiting for another build (process {holder}) in {root}")
                told = True
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return
