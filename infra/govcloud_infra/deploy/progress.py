"""How a long command tells what it does; the command line decides how that looks."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseResult:
    """`changes` names what was changed (or would be), one line each."""

    phase: str
    changes: tuple[str, ...]


class Reporter(Protocol):
    """Phases follow one another; steps belong to the phase that is open."""

    def phase(self, name: str) -> None:
        """A phase begins."""

    def step(self, text: str) -> None:
        """What is happening, or what is being waited for, now."""

    def done(self, changes: int, detail: str = "") -> None:
        """The phase ended well and changed this many things."""


class Silent:
    """For callers that do not watch."""

    def phase(self, name: str) -> None: ...

    def step(self, text: str) -> None: ...

    def done(self, changes: int, detail: str = "") -> None: ...
