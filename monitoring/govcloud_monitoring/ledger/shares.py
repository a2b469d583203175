"""Who bears what no environment holds itself: the platform's own pods and idle machines. Pure.

The three methods are those of the OpenCost specification for shared costs. Whatever the method, only environments
that held something in the pool in this hour bear anything of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from govcloud_monitoring.ledger.allocation import largest_remainder

Kind = Literal["proportional", "even", "fixed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How shares are distributed.

    - `proportional`: to what each environment costs itself.
    - `even`: the same for each department, then proportionally over its environments.
    - `fixed`: by `weights` of departments, then as `even`; a department without a weight bears nothing, and the
      weight of one that held nothing in this hour goes to the others.

    `label` names the decision, for example of a council, in the id that is written into every charge.
    Raises ValueError when weights are negative, or are given for a method that has none.
    """

    kind: Kind = "proportional"
    weights: Mapping[str, int] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        if min(self.weights.values(), default=0) < 0:
            raise ValueError(f"a weight of the method {self.id} is negative; weights start at 0")
        if self.weights and self.kind != "fixed":
            raise ValueError(f"the method {self.id} takes no weights; take `fixed`")

    @property
    def id(self) -> str:
        """What the ledger remembers of the method."""
        return f"{self.kind}:{self.label}" if self.label else self.kind


PROPORTIONAL = Method()


class Bearer(NamedTuple):
    """An environment that can bear a share, with what it costs itself."""

    department: str
    direct_microcents: int


def distribute(total: int, bearers: Sequence[Bearer], method: Method) -> list[int]:
    """Micro-cents of `total` for each bearer, in their order; their sum is `total`, or 0 when nobody can bear it."""
    if method.kind == "proportional":
        return _split(total, [each.direct_microcents for each in bearers])
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, each in enumerate(bearers):
        members[each.department].append(index)
    weights = [method.weights.get(name, 0) if method.kind == "fixed" else 1 for name in members]
    shares = [0] * len(bearers)
    for part, indices in zip(_split(total, weights), members.values(), strict=True):
        for index, share in zip(indices, _within(part, [bearers[index] for index in indices]), strict=True):
            shares[index] = share
    return shares


def _within(total: int, bearers: Sequence[Bearer]) -> list[int]:
    """One department's part: to direct costs, or the same for each where nothing costs anything."""
    direct = [each.direct_microcents for each in bearers]
    return largest_remainder(total, direct if any(direct) else [1] * len(bearers))


def _split(total: int, weights: Sequence[int]) -> list[int]:
    return largest_remainder(total, weights) if any(weights) else [0] * len(weights)
