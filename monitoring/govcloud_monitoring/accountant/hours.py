"""What was observed, as the pools' hours that the ledger splits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from govcloud_monitoring.accountant.evidence.owning import Owner, Place, parted
from govcloud_monitoring.accountant.evidence.questions import Observed
from govcloud_monitoring.ledger.prices import RESOURCES, Amounts, Prices
from govcloud_monitoring.ledger.usage import PoolHour, Usage

STORAGE_POOL = "storage"
"""Volumes: what is provisioned is the whole, nobody knows of a capacity."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by tier; a tier that has none is priced like the pools themselves, at `base`."""

    tiers: Mapping[str, Prices]
    base: Prices

    def of(self, tier: str) -> Prices:
        """Those of a tier."""
        return self.tiers.get(tier, self.base)


def pool_hours(observed: Observed, prices: PriceList) -> tuple[PoolHour, ...]:
    """A PoolHour for each pool of machines, by name, and one for volumes.

    Amounts of namespaces without an owner count as the platform's: they belong to nobody who could be asked.
    """
    machines = (_machines(observed, pool, prices) for pool in sorted(observed.capacity_cpu))
    return (*machines, _volumes(observed, prices))


def _machines(observed: Observed, pool: str, prices: PriceList) -> PoolHour:
    amounts = dict(_of_pool(observed, pool))
    own = Amounts(observed.platform_cpu.get(pool, 0), observed.platform_memory.get(pool, 0))
    return PoolHour(
        start=observed.stretch.start,
        pool=pool,
        capacity=Amounts(observed.capacity_cpu[pool], observed.capacity_memory.get(pool, 0)),
        base=prices.base,
        usages=_usages(observed, pool, amounts, prices),
        platform=_with_ownerless(own, observed, amounts),
        coverage_permille=observed.coverage_permille,
    )


def _volumes(observed: Observed, prices: PriceList) -> PoolHour:
    amounts = {name: Amounts(storage_mib_seconds=amount) for name, amount in observed.storage.items()}
    return PoolHour(
        start=observed.stretch.start,
        pool=STORAGE_POOL,
        capacity=None,
        base=prices.base,
        usages=_usages(observed, "", amounts, prices),
        platform=_with_ownerless(Amounts(), observed, amounts),
        coverage_permille=observed.coverage_permille,
    )


def _of_pool(observed: Observed, pool: str) -> Iterator[tuple[str, Amounts]]:
    names = {name for name, place in (*observed.charged_cpu, *observed.charged_memory) if place == pool}
    for name in names:
        cpu, memory = observed.charged_cpu.get((name, pool), 0), observed.charged_memory.get((name, pool), 0)
        yield name, Amounts(cpu_mcore_seconds=cpu, memory_mib_seconds=memory)


def _usages(observed: Observed, pool: str, amounts: Mapping[str, Amounts], prices: PriceList) -> tuple[Usage, ...]:
    return tuple(
        _usage(observed, owner, name, part, prices)
        for name, amount in sorted(amounts.items())
        if name in observed.owners
        for owner, part in _parted(observed, (name, pool), amount)
        if any(part)
    )


def _parted(observed: Observed, place: Place, amounts: Amounts) -> Iterator[tuple[Owner, Amounts]]:
    """What each owner held; all of it together is `amounts`."""
    columns = [
        parted(amount, observed.parts.get(resource, {}).get(place, {}), observed.owners[place[0]])
        for resource, amount in zip(RESOURCES, amounts, strict=True)
    ]
    for owner in sorted({owner for column in columns for owner in column}):
        yield owner, Amounts(*(column.get(owner, 0) for column in columns))


def _usage(observed: Observed, owner: Owner, name: str, amounts: Amounts, prices: PriceList) -> Usage:
    return Usage(
        department=owner.department,
        environment=name,
        product=owner.product,
        purpose=owner.purpose,
        tier=owner.tier,
        prices=prices.of(owner.tier),
        amounts=amounts,
        measured_ratio_permille=observed.measured_permille.get(name, 0),
    )


def _with_ownerless(own: Amounts, observed: Observed, amounts: Mapping[str, Amounts]) -> Amounts:
    total = own
    for name, amount in amounts.items():
        if name not in observed.owners:
            total = total.plus(amount)
    return total
