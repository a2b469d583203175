"""How fast the forecaster works and when: a small share of one processor, and one run an hour. Pure but for `Pace`."""

from __future__ import annotations

from collections.abc import Callable


class Stopped(Exception):
    """The process was told to end in the middle of a run."""


def rest_seconds(worked_seconds: float, share: float) -> float:
    """How long to rest after work, so that it takes `share` of one processor."""
    return worked_seconds * (1 / share - 1)


def pause_seconds(took_seconds: float, every_seconds: float) -> float:
    """From the end of a run to the next, so that runs begin `every_seconds` apart, or at once when one takes longer."""
    return max(0.0, every_seconds - took_seconds)


class Pace:
    """Rests after each piece of work of the thread that made it.

    `processor_seconds` tells the processor time of that thread, `wait` waits and says whether the process must end.
    """

    def __init__(self, share: float, *, processor_seconds: Callable[[], float], wait: Callable[[float], bool]) -> None:
        self._share = share
        self._processor_seconds = processor_seconds
        self._wait = wait
        self._since = processor_seconds()

    def rest(self) -> None:
        """Rest for what was done since the last rest. Raises Stopped."""
        if self._wait(rest_seconds(self._processor_seconds() - self._since, self._share)):
            raise Stopped
        self._since = self._processor_seconds()
