"""Tells a person how far a long copy is: bytes, share and time left."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TextIO

from govcloud_infra.bundle import eta

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 10.0


@dataclass(slots=True, kw_only=True)
class Meter:
    """One live line on a terminal, a line every ten seconds elsewhere. `total_bytes` is zero when nobody knows it."""

    what: str
    total_bytes: int
    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    done_bytes: int = 0
    _began: float = 0.0
    _shown: float = 0.0
    _live: bool = field(default=False)

    def __enter__(self) -> Self:
        self._began = self._shown = self.clock()
        self._live = self.stream.isatty()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def advance(self, count: int) -> None:
        """So many bytes more are done."""
        self.done_bytes += count
        now = self.clock()
        if now - self._shown >= (_REDRAW_SECONDS if self._live else _LINE_SECONDS):
            self._shown = now
            self.stream.write(f"\r\x1b[K{self.line()}" if self._live else f"{self.line()}\n")
            self.stream.flush()

    def line(self) -> str:
        """`writing bundle.tar: 0.9 GB of 1.6 GB (56 %), less than a minute left`."""
        done = eta.size(self.done_bytes)
        if not self.total_bytes:
            return f"{self.what}: {done}"
        share = self.done_bytes / self.total_bytes
        left = (self.clock() - self._began) * (1 - share) / share if share else 0.0
        total = eta.size(self.total_bytes)
        return f"{self.what}: {done} of {total} ({share:.0%}), {eta.about(left) if share else 'just begun'}"
