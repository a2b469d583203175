"""Commands that are interrupted at a known moment: when their event log says that a step has begun."""

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
    """Start `deploy`, wait until it notes `step`, then `after_seconds` more, and send `by`; returns the exit code."""
    code, _ = told_at(lab, step, after_seconds, lambda process: process.send_signal(by))
    return code


def told_at(
    lab: Lab, step: str, after_seconds: float, act: Callable[[subprocess.Popen[bytes]], None]
) -> tuple[int, str]:
    """As `interrupted_at`, for any act; returns the exit code and everything that was shown.

    The command runs on a terminal of its own, as for a person. A terminal shows a short step only by chance; the
    event log has every one.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        lab.command("deploy", "--yes"), env=lab.environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = _Shown(ours)
    deadline = time.monotonic() + _SECONDS
    while not _is_noted(lab, process.pid, step):
        assert process.poll() is None, f"it ended before {step!r}:\n{shown.text()[-3000:]}"
        assert time.monotonic() < deadline, f"never: {step!r}"
        time.sleep(0.05)
    time.sleep(after_seconds)
    act(process)
    code = process.wait(timeout=_SECONDS)
    shown.join()
    return code, shown.text()


def _is_noted(lab: Lab, pid: int, step: str) -> bool:
    logs = (lab.folder / "state" / lab.name / "logs").glob(f"*-{pid}.ndjson")
    return any(step in line for log in logs for line in log.read_text().splitlines())


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
