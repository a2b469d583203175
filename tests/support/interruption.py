"""Commands that are interrupted at a known moment: when they say that a step has begun."""

import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Callable

from support.lab import Lab

_SECONDS = 600.0


def interrupted_at(lab: Lab, step: str, *, after_seconds: float, by: signal.Signals = signal.SIGKILL) -> int:
    """Start `deploy`, wait until it says `step`, then `after_seconds` more, and send `by`; returns the exit code."""
    code, _ = told_at(lab, step, after_seconds, lambda process: process.send_signal(by))
    return code


def told_at(
    lab: Lab, step: str, after_seconds: float, act: Callable[[subprocess.Popen[bytes]], None]
) -> tuple[int, str]:
    """As `interrupted_at`, for any act; returns the exit code and everything that was shown.

    The command runs on a terminal of its own, where every step is shown at once.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        lab.command("deploy", "--yes"), env=lab.environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = _Shown(ours)
    deadline = time.monotonic() + _SECONDS
    while step not in shown.text():
        assert process.poll() is None, f"it ended before {step!r}:\n{shown.text()[-3000:]}"
        assert time.monotonic() < deadline, f"never: {step!r}"
        time.sleep(0.05)
    time.sleep(after_seconds)
    act(process)
    code = process.wait(timeout=_SECONDS)
    shown.join()
    return code, shown.text()


class _Shown:
    """What a terminal showed so far."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        return b"".join(self._chunks).decode(errors="replace")

    def join(self) -> None:
        self._reader.join(timeout=5)
        os.close(self._descriptor)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # the last one who could write has gone
                return
            if not chunk:
                return
            self._chunks.append(chunk)
