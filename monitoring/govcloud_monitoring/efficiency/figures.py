"""All efficiency figures of one moment, with bounded label values. Pure and immutable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from govcloud_monitoring.efficiency.duplicates import Duplicate, Key, Service, duplicates, of_images, of_services
from govcloud_monitoring.efficiency.fitting import fitting
from govcloud_monitoring.efficiency.inputs import Host, Machine, Placed, by_pool, total
from govcloud_monitoring.efficiency.packing import BASES, Basis, reclaimable
from govcloud_monitoring.folding import MAX_POOLS, OTHER, Folds, kept
from govcloud_monitoring.kubernetes.pods import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything the figures are made of. `default_host` and `platform_images`: see `duplicates.of_images`."""

    machines: tuple[Machine, ...] = ()
    pods: tuple[Placed, ...] = ()
    services: tuple[Service, ...] = ()
    platform_images: frozenset[str] = frozenset()
    default_host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFigures:
    """See `fitting` and `packing`. `reclaimable_machines` has no entry for a basis that nothing is known about."""

    stranded: Amount
    largest_fit: Amount
    reclaimable_machines: Mapping[Basis, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """Integers only. `folded`: by label, how many rows were folded into `other`."""

    pools: Mapping[str, PoolFigures]
    duplicates: Mapping[Key, Duplicate]
    folded: Mapping[str, int]


def summarise(inputs: Inputs) -> Efficiency:
    """All figures. Raises ValueError when one of the platform's images is not a reference."""
    folds = Folds()
    programs = of_images(inputs.pods, inputs.platform_images, inputs.default_host)
    groups = duplicates(chain(programs, of_services(inputs.services)))
    return Efficiency(
        pools=_pools(by_pool(inputs.machines, inputs.pods), folds),
        duplicates=groups,
        folded={**folds.counts(), "group": sum(each.groups for (group, _), each in groups.items() if group == OTHER)},
    )


def _pools(hosts: Mapping[str, Sequence[Host]], folds: Folds) -> dict[str, PoolFigures]:
    """Figures are made pool by pool before pools are folded: pods never move between pools."""
    allowed = kept(hosts, MAX_POOLS)
    members: defaultdict[str, list[PoolFigures]] = defaultdict(list)
    for name, machines in hosts.items():
        members[folds.fold("pool", name, allowed)].append(_pool(machines))
    return {name: _together(figures) for name, figures in members.items()}


def _pool(hosts: Sequence[Host]) -> PoolFigures:
    fit = fitting(hosts)
    found = {basis: reclaimable(hosts, basis) for basis in BASES}
    return PoolFigures(
        stranded=fit.stranded,
        largest_fit=fit.largest,
        reclaimable_machines={basis: count for basis, count in found.items() if count is not None},
    )


def _together(figures: Iterable[PoolFigures]) -> PoolFigures:
    parts = tuple(figures)
    reclaimable_machines: Counter[Basis] = Counter()
    for part in parts:
        reclaimable_machines.update(part.reclaimable_machines)
    return PoolFigures(
        stranded=total(part.stranded for part in parts),
        largest_fit=max(part.largest_fit for part in parts),
        reclaimable_machines=dict(reclaimable_machines),
    )
