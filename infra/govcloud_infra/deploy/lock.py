"""One command at a time changes a site, and the next one is told whose it is."""

import contextlib
import fcntl
import json
import os
import pwd
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from govcloud_api.errors import Locked
from govcloud_infra.paths import unwritable

# Programs that a command starts for a site carry the site's state folder in this variable.
MARKER = "GOVCLOUD_SITE_RUN"
_LEFTOVER_SECONDS = 30.0
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lock; `since` is UTC, as in ISO 8601."""

    pid: int
    user: str
    host: str
    command: str
    since: str


def owner(command: str, environ: Mapping[str, str]) -> Owner:
    """This process, and the person behind it: with sudo the one who typed it."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Owner(pid=os.getpid(), user=_user(environ), host=socket.gethostname(), command=command, since=since)


@contextmanager
def held(file: Path, step: Callable[[str], None], who: Owner | None = None) -> Iterator[None]:
    """Hold the site's lock; it goes with the process, however that ends.

    A command that was killed may leave programs behind that notice it a moment later: they are waited for, and ended
    when they take too long.
    Raises Locked with the holder's name, process and since when, PreflightFailed when the file cannot be written.
    """
    try:
        handle = _opened(file)
    except OSError as error:
        raise unwritable(error, file.parent) from error
    with handle:
        _wait_for_leftovers(file.parent, step)
        handle.truncate(0)
        handle.write(json.dumps(asdict(who or owner("govcloud", os.environ))) + "\n")
        handle.flush()
        yield


def _opened(file: Path) -> IO[str]:
    while True:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = file.open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            with handle:
                raise Locked(f"{_holder(handle.read())}; wait until it ends") from error
        if file.exists() and file.stat().st_ino == os.fstat(handle.fileno()).st_ino:
            return handle
        handle.close()  # `destroy` removed the folder between our two steps


def parsed(text: str) -> Owner | None:
    """What a lock file says of its holder; None when it says nothing that can be read."""
    try:
        return Owner(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _holder(text: str) -> str:
    found = parsed(text)
    if found is None:
        return f"another command is changing this site (process {text.strip() or 'unknown'})"
    what = f"{found.command}, process {found.pid}"
    return f"{found.user} on {found.host} is changing this site since {found.since} ({what})"


def _user(environ: Mapping[str, str]) -> str:
    if environ.get("SUDO_USER"):
        return environ["SUDO_USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run us as a user that nobody named
        return str(os.getuid())


def leftovers(state: Path, proc: Path = Path("/proc")) -> list[int]:
    """Processes that an earlier command started for this site and that still live."""
    wanted = f"{MARKER}={state}".encode()
    return [int(folder.name) for folder in proc.glob("[0-9]*") if wanted in _environment(folder)]


def end_leftovers(state: Path) -> None:
    """End what an interrupted command started: asked first, so that each leaves its state in order, then by force."""
    for sent in (signal.SIGINT, signal.SIGKILL):
        told: set[int] = set()
        deadline = time.monotonic() + _END_SECONDS
        while (pids := set(leftovers(state)) - {os.getpid()}) and time.monotonic() < deadline:
            for pid in pids - told:  # a second SIGINT would read as "at once"
                with contextlib.suppress(ProcessLookupError):  # it ended by itself
                    os.kill(pid, sent)
            told |= pids
            time.sleep(0.05)


def _environment(folder: Path) -> list[bytes]:
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended while we looked
        return []


def _wait_for_leftovers(state: Path, step: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while (pids := leftovers(state)) and time.monotonic() < deadline:
        step(f"wait for processes of an interrupted command ({_listed(pids)})")
        time.sleep(0.5)
    if pids:  # whoever led them is gone, or the lock would be theirs
        step(f"end processes of an interrupted command ({_listed(pids)})")
        end_leftovers(state)
    if pids := leftovers(state):
        raise Locked(f"processes of an interrupted command still change this site ({_listed(pids)}); end them first")


def _listed(pids: list[int]) -> str:
    return ", ".join(map(str, pids))
