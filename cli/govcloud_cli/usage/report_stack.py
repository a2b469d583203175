"""Amounts as stacked pieces on an axis: what is above zero to one side, what is below to the other. Pure.

Places and sizes are percentages of the axis, with four decimals: less than a thousandth of a pixel on any screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from govcloud_cli.usage.report_amounts import UNIT_MICROCENTS, quotient

_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `low` to `high` in micro-cents; zero lies between them, and they differ."""

    low: int
    high: int

    def place(self, microcents: int) -> str:
        """Where an amount lies, in percent from the low end."""
        return quotient(100 * (microcents - self.low), self.high - self.low, 4)

    def size(self, microcents: int) -> str:
        """How long an amount is, in percent."""
        return quotient(100 * abs(microcents), self.high - self.low, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """`kind` names its colour; `start` and `size` are percentages of the axis."""

    kind: str
    microcents: int
    start: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the chart, `place` percent from the low end."""

    place: str
    label: str


def axis_of(stacks: Iterable[Iterable[int]]) -> Axis:
    """As short as it can be with every stack on it."""
    low, high = _reach(stacks)
    return Axis(low=low, high=high if high > low else low + 1)


def with_ticks(stacks: Iterable[Iterable[int]], count: int = 5) -> tuple[Axis, tuple[Tick, ...]]:
    """An axis that begins and ends at round amounts, and about `count` lines on it; no line where all is nothing."""
    low, high = _reach(stacks)
    if high == low:
        return Axis(low=0, high=1), ()
    step = _round_step(-(-(high - low) // count))
    first, last = low // step, -(-high // step)
    axis = Axis(low=first * step, high=last * step)
    ticks = (Tick(place=axis.place(step * each), label=_label(step * each, step)) for each in range(first, last + 1))
    return axis, tuple(ticks)


def pieces(amounts: Mapping[str, int], axis: Axis) -> tuple[Piece, ...]:
    """One piece an amount that is not 0, in their order; what is above zero grows from zero up, the rest down."""
    return tuple(_pieces(amounts, axis))


def _pieces(amounts: Mapping[str, int], axis: Axis) -> Iterator[Piece]:
    above = below = 0
    for kind, amount in amounts.items():
        if amount:
            start = above if amount > 0 else below + amount
            above, below = above + max(amount, 0), below + min(amount, 0)
            yield Piece(kind=kind, microcents=amount, start=axis.place(start), size=axis.size(amount))


def _reach(stacks: Iterable[Iterable[int]]) -> tuple[int, int]:
    listed: Sequence[tuple[int, ...]] = [tuple(stack) for stack in stacks]
    low = min((sum(min(amount, 0) for amount in stack) for stack in listed), default=0)
    high = max((sum(max(amount, 0) for amount in stack) for stack in listed), default=0)
    return low, high


def _round_step(least: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is no less."""
    size = int(10 ** (len(str(least)) - 1))
    return next(size * step for step in (*_STEPS, 10) if size * step >= least)


def _label(microcents: int, step: int) -> str:
    """With as many decimals as the step has."""
    zeros = len(str(step)) - len(str(step).rstrip("0"))
    return quotient(microcents, UNIT_MICROCENTS, max(0, len(str(UNIT_MICROCENTS)) - 1 - zeros))
