"""Tells a person how a build goes: one live line on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, TextIO

from govcloud_infra.bundle import eta

_REDRAW_SECONDS = 0.5
_HEARTBEAT_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The components that will be built, in order, and the seconds each should take."""

    names: Sequence[str]
    expected: Mapping[str, float]


@dataclass(slots=True)
class Progress:
    """Shows the running component and stage with elapsed time and time left. Safe to call from several threads."""

    plan: Plan
    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    _name: str = ""
    _stage: str = ""
    _since: float = 0.0
    _stage_since: float = 0.0
    _width: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _end: threading.Event = field(default_factory=threading.Event)
    _ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._ticker is not None:
            self._ticker.join()
        self._clear()

    def component(self, name: str) -> None:
        """A component's build starts."""
        with self._lock:
            self._name, self._stage = name, ""
            self._since = self._stage_since = self.clock()

    def stage(self, text: str) -> None:
        """The running component enters a stage, such as `compiling kubelet`."""
        with self._lock:
            self._stage, self._stage_since = text, self.clock()
            if self.stream.isatty():
                self._draw()
            else:
                self._write(self.line())

    def done(self, text: str) -> None:
        """The running component is finished; `text` says what came of it."""
        with self._lock:
            took = eta.duration(self.clock() - self._since)
            self._write(f"{self._counter()} {self._name}: {text}, took {took}")

    def note(self, text: str) -> None:
        """A line beside the running stage, such as work in the background."""
        with self._lock:
            self._write(text)

    def line(self) -> str:
        """`[12/20] kubernetes: compiling kubelet … 3m12s, about 21 min left`."""
        now = self.clock()
        behind = self.plan.names[self._position() :]
        left = eta.remaining_seconds(behind, self._name, now - self._since, self.plan.expected)
        elapsed = eta.duration(now - self._stage_since)
        return f"{self._counter()} {self._name}: {self._stage} … {elapsed}, {eta.about(left)}"

    def _position(self) -> int:
        return self.plan.names.index(self._name) + 1

    def _counter(self) -> str:
        return f"[{self._position()}/{len(self.plan.names)}]"

    def _tick(self) -> None:
        pause = _REDRAW_SECONDS if self.stream.isatty() else _HEARTBEAT_SECONDS
        while not self._end.wait(pause):
            with self._lock:
                if self._name and self._stage and self.stream.isatty():
                    self._draw()
                elif self._name and self._stage and self.clock() - self._stage_since >= pause:
                    self._write(self.line())

    def _draw(self) -> None:
        text = self.line()
        self.stream.write("\r" + text.ljust(self._width))
        self.stream.flush()
        self._width = len(text)

    def _write(self, text: str) -> None:
        self._clear()
        self.stream.write(text + "\n")
        self.stream.flush()

    def _clear(self) -> None:
        if self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0
