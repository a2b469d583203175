"""How much volumes of this machine's disk really hold, as `du -x` counts; for each run there is a budget.

What lies in volumes belongs to tenants: only folders are opened, each from the one above it and none through a link,
whatever names lead to meanwhile; nothing of it is kept but sums.
"""

import json
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

# A volume with so many files is not counted each minute, nor one that does not fit into a run.
BIG_FILES, REUSED_SECONDS = 5_000, 600
# Each folder above the one that is read stays open, twice.
MAX_DEPTH = 200
_BLOCK_BYTES = 512  # of st_blocks, see stat(2)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# As local-path-provisioner names them: volume, namespace, claim. Neither of the latter can have an underscore.
_VOLUME = re.compile(r"pvc-[0-9a-f-]{36}_([a-z0-9-]{1,63})_([a-z0-9.-]{1,253})")
Claim = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a look at a volume, begun `at` (seconds since 1970), found. Not `whole`: there is more than was counted."""

    used_bytes: int = 0
    files: int = 0
    whole: bool = False
    at: float = 0.0

    def holds(self, now: float) -> bool:
        """Is it still good enough?"""
        return (self.files >= BIG_FILES or not self.whole) and 0 <= now - self.at < REUSED_SECONDS


class Budget:
    """What one run may look at: so many files, until a moment of the monotonic clock."""

    def __init__(self, files: int, until: float) -> None:
        self.untouched, self.spent = True, False
        self._files, self._until = files, until

    def take(self) -> bool:
        """May one more file be looked at?"""
        self.untouched = False
        self._files -= 1
        self.spent = self._files < 0 or time.monotonic() > self._until
        return not self.spent


class Walk:
    """A look at one volume: sums so far, and the folders that are open, the innermost last."""

    def __init__(self, budget: Budget) -> None:
        self.used_bytes = self.files = 0
        self.whole = True
        self._budget, self._device = budget, -1
        self._linked: set[int] = set()
        self._open: list[tuple[int, Any]] = []

    def run(self, parent: int, name: str) -> None:
        """Count what is in the folder `name` of an open folder. Raises OSError when there is none."""
        try:
            self._enter(parent, name)
            status = os.fstat(self._open[0][0])
            self._device = status.st_dev
            self._count(status)
            while self._open and not self._budget.spent:
                self._go_on()
            self.whole = self.whole and not self._open
        finally:
            while self._open:
                self._leave()

    def _go_on(self) -> None:
        try:
            self._to_next_folder(*self._open[-1])
        except (FileNotFoundError, NotADirectoryError):
            pass  # it went, or became something else, since its name was read
        except OSError:
            self.whole = False

    def _to_next_folder(self, handle: int, entries: Iterator[os.DirEntry[str]]) -> None:
        for entry in entries:
            if not self._budget.take():
                return
            status = entry.stat(follow_symlinks=False)
            if status.st_dev != self._device:
                continue
            self._count(status)
            if stat.S_ISDIR(status.st_mode):
                if len(self._open) < MAX_DEPTH:
                    self._enter(handle, entry.name)
                    return
                self.whole = False
        self._leave()

    def _count(self, status: os.stat_result) -> None:
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if status.st_ino in self._linked:
                return
            self._linked.add(status.st_ino)
        self.files += 1
        self.used_bytes += status.st_blocks * _BLOCK_BYTES

    def _enter(self, parent: int, name: str) -> None:
        handle = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
        try:
            self._open.append((handle, os.scandir(handle)))
        except OSError:
            os.close(handle)
            raise

    def _leave(self) -> None:
        handle, entries = self._open.pop()
        entries.close()
        os.close(handle)


def measure(folder: Path, known: dict[str, Measured], budget: Budget, now: float) -> dict[str, Measured]:
    """Every volume in `folder` by the name of its own folder; what is `known` and still holds saves a look.

    Those that were looked at longest ago have their turn first. One that was cut short because others had used up the
    run keeps what was known of it and goes first in the next; one that had the run for itself waits as big ones do.
    Raises OSError when the folder cannot be read.
    """
    try:
        parent = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return {}  # no volume was made here yet
    try:
        found = {name: known.get(name, Measured()) for name in _names(parent)}
        due = [name for name, last in found.items() if not last.holds(now)]
        for name in sorted(due, key=lambda name: (found[name].at, name)):
            if budget.spent:
                break
            found |= _turn(parent, name, found.pop(name), budget, now)
        return found
    finally:
        os.close(parent)


def by_claim(found: dict[str, Measured]) -> dict[Claim, tuple[int, bool]]:
    """Bytes of each claim, and whether that is all. An old volume of a claim that was made anew counts with it."""
    claims: dict[Claim, tuple[int, bool]] = {}
    for name, each in found.items():
        _, namespace, claim = name.split("_")
        used_bytes, whole = claims.get((namespace, claim), (0, True))
        claims[namespace, claim] = (used_bytes + each.used_bytes, whole and each.whole)
    return claims


def plain(found: dict[str, Measured]) -> str:
    """For the next run."""
    return json.dumps({name: astuple(each) for name, each in found.items()})


def remembered(file: Path) -> dict[str, Measured]:
    """What earlier runs found; nothing when that cannot be read."""
    try:
        return {name: Measured(*values) for name, values in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _names(parent: int) -> list[str]:
    with os.scandir(parent) as entries:
        return [entry.name for entry in entries if _VOLUME.fullmatch(entry.name)]


def _turn(parent: int, name: str, last: Measured, budget: Budget, now: float) -> dict[str, Measured]:
    """What is known of a volume after its turn; nothing when it went, or is no folder."""
    alone, walk = budget.untouched, Walk(budget)
    try:
        walk.run(parent, name)
    except OSError:
        return {}
    result = Measured(walk.used_bytes, walk.files, walk.whole, now)
    if alone or not budget.spent:
        return {name: result}
    return {name: last if last.at else replace(result, at=0.0)}
