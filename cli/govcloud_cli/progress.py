"""Phases of a long command on stderr: a live line on a terminal, plain lines otherwise.

Off a terminal a line is printed when a phase begins and ends, and the reason of waiting every 15 seconds.
"""

import contextlib
import sys
import threading
import time
from types import TracebackType
from typing import TextIO

_TICK_SECONDS = 0.2
_QUIET_SECONDS = 15.0
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """A `Reporter` for people; use it as a context manager."""

    def __init__(self, stream: TextIO | None = None, *, live: bool | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() if live is None else live
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._phase, self._step = "", ""
        self._phase_began = self._last_line = self._began
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Progress":
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._ticker.join()
        if error is not None and self._phase:
            self._line(f"✗ {self._phase}: {self._step}" if self._step else f"✗ {self._phase}")

    def phase(self, name: str) -> None:
        """A phase begins."""
        with self._lock:
            self._phase, self._step, self._phase_began = name, "", time.monotonic()
        if not self._live:
            self._line(f"▶ {name}")

    def step(self, text: str) -> None:
        """Shown at once on a terminal, else when it takes long."""
        with self._lock:
            self._step = text

    def done(self, changes: int, detail: str = "") -> None:
        """The phase ended well."""
        took = time.monotonic() - self._phase_began
        count = "no changes" if changes == 0 else "1 change" if changes == 1 else f"{changes} changes"
        with self._lock:
            phase, self._phase, self._step = self._phase, "", ""
        self._line(f"✓ {phase:<10} {took:6.1f} s   {count}{f': {detail}' if detail else ''}")

    def _tick(self) -> None:
        turn = 0
        while not self._ended.wait(_TICK_SECONDS):
            turn += 1
            with self._lock:
                phase, step, began = self._phase, self._step, self._phase_began
            now = time.monotonic()
            if not phase:
                continue
            if self._live:
                spin = _SPINNER[turn % len(_SPINNER)]
                self._draw(phase, f"{spin} {phase:<10} {now - began:6.1f} s   {step}")
            elif now - self._last_line > _QUIET_SECONDS:
                self._line(f"  {phase}: {step or 'working'} ({now - began:.0f} s)")

    def _draw(self, phase: str, text: str) -> None:
        with self._lock:
            if phase == self._phase:  # it may have ended meanwhile, and its last line must stay the last
                self._write(f"\r\x1b[2K{text[: _width()]}")

    def _line(self, text: str) -> None:
        with self._lock:
            self._last_line = time.monotonic()
            clock = f"[{self._last_line - self._began:6.1f} s] "
            self._write(f"\r\x1b[2K{clock}{text}\n" if self._live else f"{clock}{text}\n")

    def _write(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody watches any more; the work goes on
            self._stream.write(text)
            self._stream.flush()


def _width() -> int:
    import shutil

    return shutil.get_terminal_size().columns - 1
