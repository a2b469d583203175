"""A proposal to a department to give something back, and what became of it. Pure.

A proposal is open until its environment has no more than was proposed (met), or until it is not proposed any more while
the environment has what it had (withdrawn: it needs more now). Whether anybody read it, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Kind = Literal["remove", "resize"]
State = Literal["open", "met", "withdrawn"]
Key: TypeAlias = tuple[str, str]
"""Department and environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One proposal in a state. CPU is of the environment's quota in milli-cores: what it had, what would be left."""

    department: str
    environment: str
    kind: Kind
    cpu_milli: int
    proposed_cpu_milli: int
    state: State = "open"

    @property
    def key(self) -> Key:
        """Which environment."""
        return self.department, self.environment

    @property
    def saves_cpu_milli(self) -> int:
        """What is given back when it is met."""
        return self.cpu_milli - self.proposed_cpu_milli


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """How many proposals to a department were met, and the milli-cores that were given back by that."""

    department: str
    kind: Kind
    count: int
    cpu_milli: int


def steps(
    before: Iterable[Recommendation], now: Iterable[Recommendation], has_cpu_milli: Mapping[Key, int | None]
) -> Iterator[Recommendation]:
    """What is to be written: proposals of `before` that ended, and those of `now` that are new or others than before.

    `has_cpu_milli`: of each environment that there is, None where nobody counted what it reserves.
    """
    proposed, stood = {each.key: each for each in now}, {each.key: each for each in before}
    for key, each in stood.items():
        state = _state(each, proposed.get(key), has_cpu_milli)
        if state != "open":
            yield replace(each, state=state)
    for key, each in proposed.items():
        if stood.get(key) != each:
            yield each


def _state(stood: Recommendation, proposed: Recommendation | None, has_cpu_milli: Mapping[Key, int | None]) -> State:
    if stood.key not in has_cpu_milli:
        return "met"
    has = has_cpu_milli[stood.key]
    if has is None or proposed == stood:
        return "open"
    if stood.kind == "resize" and has <= stood.proposed_cpu_milli:
        return "met"
    return "open" if proposed is not None else "withdrawn"
