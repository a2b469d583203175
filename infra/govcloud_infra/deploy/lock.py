"""One command at a time changes a site."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from govcloud_api.errors import Locked

# Programs that a command starts for a site carry the site's state folder in this variable.
MARKER = "GOVCLOUD_SITE_RUN"
_LEFTOVER_SECONDS = 30.0


@contextmanager
def held(file: Path, step: Callable[[str], None]) -> Iterator[None]:
    """Hold the site's lock; it goes with the process, however that ends.

    A command that was killed may leave programs behind that notice it a moment later: they are waited for.
    Raises Locked with the holder's process id.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise Locked(f"another command is changing this site (process {holder}); wait until it ends") from error
        _wait_for_leftovers(file.parent, step)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def leftovers(state: Path, proc: Path = Path("/proc")) -> list[int]:
    """Processes that an earlier command started for this site and that still live."""
    wanted = f"{MARKER}={state}".encode()
    return [int(folder.name) for folder in proc.glob("[0-9]*") if wanted in _environment(folder)]


def _environment(folder: Path) -> list[bytes]:
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended while we looked
        return []


def _wait_for_leftovers(state: Path, step: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while pids := leftovers(state):
        names = ", ".join(map(str, pids))
        if time.monotonic() > deadline:
            raise Locked(f"processes of an interrupted command still change this site ({names}); end them first")
        step(f"wait for processes of an interrupted command ({names})")
        time.sleep(0.5)
