"""Whose a namespace was in a stretch, sample by sample. Pure but for the questions.

Where it changed hands, or its tier, an amount is parted by what each owner held at the samples at which it was theirs,
and the parts sum to the amount. The old owner and the new are told apart by the newest scrape: at most half a minute is
on the wrong side, and some more where Prometheus itself was away meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from govcloud_monitoring.accountant.evidence.stretch import SAMPLE_SECONDS, Stretch
from govcloud_monitoring.ledger.allocation import largest_remainder
from govcloud_monitoring.prometheus import AskAt, Sample

_INFO = "govcloud_namespace_owner_info"
_LABELS = ("department", "project", "purpose", "tier")
_KEY = ", ".join(_LABELS)
# Two exporters that do not agree for a moment must not make the join ambiguous: the newest scrape is believed.
_OWNER_NOW = f"topk by (namespace) (1, max by (namespace, {_KEY}) (timestamp({_INFO}))) * 0 + 1"


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Whose a namespace is."""

    department: str
    product: str
    purpose: str
    tier: str


Place = tuple[str, str]
"""Namespace and pool; the pool is empty where there is none."""
Parts = Mapping[Place, Mapping[Owner, Fraction]]
"""What owners of a place held of one resource, in any unit; only of namespaces that changed hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """By namespace: the `last` owner, and whoever was one in the stretch."""

    last: Mapping[str, Owner] = field(default_factory=dict)
    ever: Mapping[str, frozenset[Owner]] = field(default_factory=dict)

    @property
    def moved(self) -> frozenset[str]:
        """Namespaces that had more than one."""
        return frozenset(name for name, known in self.ever.items() if len(known) > 1)

    def namespaces(self) -> Mapping[str, frozenset[str]]:
        """By department, those that were its own for a while."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name, known in self.ever.items():
            for owner in known:
                found[owner.department].add(name)
        return {code: frozenset(names) for code, names in found.items()}


def owners(stretch: Stretch, ask: AskAt) -> Owners:
    """Of every namespace that had one. Raises what `ask` raises."""
    was = ask(f"last_over_time({_INFO}[{stretch.seconds}s])", stretch.end)
    now = ask(_INFO, stretch.end)
    last: dict[str, Owner] = {}
    ever: defaultdict[str, set[Owner]] = defaultdict(set)
    for sample in (*sorted(was, key=lambda each: sorted(each.labels.items())), *now):
        name, owner = sample.labels["namespace"], _owner(sample)
        last[name] = owner
        ever[name].add(owner)
    return Owners(last=last, ever={name: frozenset(known) for name, known in ever.items()})


def parts(stretch: Stretch, ask: AskAt, series: str, known: Owners) -> Parts:
    """Of a series by namespace, and pool if it has one; asked only when something changed hands. Raises as `ask`."""
    if not known.moved:
        return {}
    owned = f"({series} * on (namespace) group_left ({_KEY}) ({_OWNER_NOW}))"
    found: defaultdict[Place, dict[Owner, Fraction]] = defaultdict(dict)
    for sample in ask(f"sum_over_time({owned}[{stretch.seconds}s:{SAMPLE_SECONDS}s])", stretch.end):
        place = sample.labels["namespace"], sample.labels.get("pool", "")
        if place[0] in known.moved:
            found[place][_owner(sample)] = Fraction(sample.value)
    return found


def parted(amount: int, held: Mapping[Owner, Fraction], otherwise: Owner) -> dict[Owner, int]:
    """An amount by owner, which sums to it: as they held it; all of it to `otherwise` where nobody held anything."""
    names = sorted(held)
    weights = [held[name] for name in names]
    if not any(weights):
        return {otherwise: amount}
    return dict(zip(names, largest_remainder(amount, weights), strict=True))


def _owner(sample: Sample) -> Owner:
    return Owner(*(sample.labels.get(name, "") for name in _LABELS))
