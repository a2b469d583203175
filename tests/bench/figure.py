"""One measurement, and how it is taken."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement; `goal` is the most it may be, in the same unit, and 0 where it is only told."""

    name: str
    value: float
    unit: str
    goal: float
    how: str
    measured_on: str

    @property
    def is_missed(self) -> bool:
        """Is it more than it may be?"""
        return 0 < self.goal < self.value


def figure(name: str, value: float, unit: str, goal: float, how: str) -> Figure:
    """A measurement of today."""
    today = datetime.now(UTC).date().isoformat()
    return Figure(name=name, value=round(value, 3), unit=unit, goal=goal, how=how, measured_on=today)


def end_in_order() -> None:
    """Let SIGTERM end this process as an exception does: what it started is ended, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def progress(words: str) -> None:
    """Tell who waits what is being done now."""
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock time of a call."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def run(command: list[object], environment: Mapping[str, str] | None = None) -> None:
    """A command that must succeed."""
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, env=environment)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="govcloud-bench-"))
    try:
        yield made
    finally:
        # Go makes the folders of its module cache read-only.
        run(["chmod", "-R", "u+w", made])
        shutil.rmtree(made)


def environment(**more: str) -> dict[str, str]:
    """This process's own, and more."""
    return {**os.environ, **more}
