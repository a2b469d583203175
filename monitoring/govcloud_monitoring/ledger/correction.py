"""Correction of an hour that is closed: rows of differences, never a change of what was written. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from govcloud_monitoring.ledger.charge import Charge, Key, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    quantity: int = 0
    list_microcents: int = 0
    cost_microcents: int = 0


def correct(before: Sequence[Charge], after: Statement) -> tuple[Charge, ...]:
    """The rows that bring the sums of a closed hour to those of `after`; none when they are there already.

    `before` is all that the ledger holds of the hour, earlier corrections too. The rows have the next revision. The
    sum of their costs is the difference of the pool's cost, exactly, since each of their numbers is the difference of
    its own line. Raises ValueError when `before` has a row of another pool or hour.
    """
    strangers = {(each.pool, each.start) for each in before} - {(after.pool, after.start)}
    if strangers:
        raise ValueError(f"rows of {strangers} cannot be corrected with {after.pool} at {after.start.isoformat()}")
    revision = max((each.revision for each in before), default=0) + 1
    was, wanted = _sums(before), _sums(after.charges)
    lines = {each.key: each for each in (*before, *after.charges)}
    rows = (
        _difference(lines[key], was.get(key, _Sums()), wanted.get(key, _Sums()))
        for key in sorted(lines)
        if was.get(key, _Sums()) != wanted.get(key, _Sums())
    )
    return tuple(replace(row, revision=revision, method=after.method) for row in rows)


def _sums(charges: Iterable[Charge]) -> dict[Key, _Sums]:
    sums: defaultdict[Key, _Sums] = defaultdict(_Sums)
    for each in charges:
        sum_before = sums[each.key]
        sums[each.key] = _Sums(
            quantity=sum_before.quantity + each.quantity,
            list_microcents=sum_before.list_microcents + each.list_microcents,
            cost_microcents=sum_before.cost_microcents + each.cost_microcents,
        )
    return dict(sums)


def _difference(line: Charge, was: _Sums, wanted: _Sums) -> Charge:
    return replace(
        line,
        quantity=wanted.quantity - was.quantity,
        list_microcents=wanted.list_microcents - was.list_microcents,
        cost_microcents=wanted.cost_microcents - was.cost_microcents,
    )
