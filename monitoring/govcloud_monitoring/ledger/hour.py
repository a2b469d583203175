"""A pool's hour to its statement: the cost, split exactly over those who held the pool's resources. Pure.

As in the OpenCost specification the whole is workloads plus platform plus idle, and a workload counts with the larger
of what it requested and used. Unlike there the parts sum to the whole in integers: each resource's cost is split by
largest remainder. Only the weight of idle is cut off at zero, and `Statement.overcommitted` says where that happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from govcloud_monitoring.ledger.allocation import largest_remainder
from govcloud_monitoring.ledger.charge import PLATFORM, UNITS, Charge, Component, Statement
from govcloud_monitoring.ledger.prices import RESOURCES, Amounts, half_up, worth, worths
from govcloud_monitoring.ledger.shares import PROPORTIONAL, Bearer, Method, distribute
from govcloud_monitoring.ledger.usage import PoolHour, Usage

Owner = tuple[str, str, str, str, str]
NOBODY: Owner = (PLATFORM, "", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holding:
    """A usage with what each of `RESOURCES` is worth at its own prices, and costs; both in micro-cents."""

    usage: Usage
    worths: tuple[Fraction, ...]
    costs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """A pool's cost in micro-cents, part by part."""

    holdings: tuple[_Holding, ...]
    platform: int
    idle: int


def statement(hour: PoolHour, method: Method = PROPORTIONAL) -> Statement:
    """The hour's cost and who bears it, the same for any order of `hour.usages`.

    The cost is the worth of `hour.supply` at the base prices, rounded once, half up. It is split over the resources
    by their worth, and each resource's cost over usages at their own prices, the platform and idle at the base prices.
    What platform and idle cost is then borne by the usages by `method`, or by the platform where nobody can.
    """
    pool_cost = half_up(worth(hour.base, hour.supply))
    split = _split(hour, pool_cost)
    charges = [*_direct(hour, split, method), *_shares(hour, split, method)]
    return Statement(
        start=hour.start,
        pool=hour.pool,
        pool_cost_microcents=pool_cost,
        charges=tuple(sorted(charges, key=lambda each: each.key)),
        method=method.id,
        overcommitted=any(held > there for held, there in zip(hour.held, hour.supply, strict=True)),
        coverage_permille=hour.coverage_permille,
    )


def _split(hour: PoolHour, pool_cost: int) -> _Split:
    """Usages in the order of their owners, so that ties are decided by name; those that held nothing are left out."""
    usages = sorted((each for each in hour.usages if any(each.amounts)), key=lambda each: each.owner)
    worth_of = [worths(usage.prices, usage.amounts) for usage in usages]
    idle = Amounts(*(max(0, there - held) for there, held in zip(hour.supply, hour.held, strict=True)))
    rows = [*worth_of, worths(hour.base, hour.platform), worths(hour.base, idle)]
    columns = [
        _column(cost, weights)
        for cost, weights in zip(_by_resource(hour, pool_cost), zip(*rows, strict=True), strict=True)
    ]
    *direct, platform_costs, idle_costs = zip(*columns, strict=True)
    holdings = zip(usages, worth_of, direct, strict=True)
    return _Split(
        holdings=tuple(_Holding(usage=usage, worths=value, costs=cost) for usage, value, cost in holdings),
        platform=sum(platform_costs),
        idle=sum(idle_costs),
    )


def _by_resource(hour: PoolHour, pool_cost: int) -> list[int]:
    weights = worths(hour.base, hour.supply)
    return largest_remainder(pool_cost, weights) if any(weights) else [0] * len(RESOURCES)


def _column(cost: int, weights: Sequence[Fraction]) -> list[int]:
    """One resource's cost over usages, platform and idle, in this order.

    Where all that was held is free of charge the platform pays: it gives the resource away.
    """
    if any(weights):
        return largest_remainder(cost, weights)
    return [*[0] * (len(weights) - 2), cost, 0]


def _direct(hour: PoolHour, split: _Split, method: Method) -> Iterator[Charge]:
    for each in split.holdings:
        for resource, quantity, value, cost in zip(RESOURCES, each.usage.amounts, each.worths, each.costs, strict=True):
            if quantity:
                yield replace(
                    _charge(hour, each.usage.owner, resource, cost, method),
                    quantity=quantity,
                    list_microcents=half_up(value),
                    measured_ratio_permille=each.usage.measured_ratio_permille,
                )


def _shares(hour: PoolHour, split: _Split, method: Method) -> Iterator[Charge]:
    bearers = [Bearer(each.usage.department, sum(each.costs)) for each in split.holdings]
    owners = [*(each.usage.owner for each in split.holdings), NOBODY]
    totals: tuple[tuple[Component, int], ...] = (("platform_share", split.platform), ("idle_share", split.idle))
    for component, total in totals:
        borne = distribute(total, bearers, method)
        for owner, cost in zip(owners, [*borne, total - sum(borne)], strict=True):
            if cost:
                yield _charge(hour, owner, component, cost, method)


def _charge(hour: PoolHour, owner: Owner, component: Component, cost: int, method: Method) -> Charge:
    """A line without a quantity, which is the whole of it for a share."""
    department, environment, product, purpose, tier = owner
    return Charge(
        start=hour.start,
        pool=hour.pool,
        department=department,
        environment=environment,
        product=product,
        purpose=purpose,
        tier=tier,
        component=component,
        quantity=0,
        unit=UNITS[component],
        list_microcents=0,
        cost_microcents=cost,
        measured_ratio_permille=0,
        method=method.id,
    )
