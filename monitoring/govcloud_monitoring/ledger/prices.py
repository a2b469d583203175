"""What an amount of a resource is worth at a price list, exact. Pure.

Money is in micro-cents: 1 cent is 1,000,000 of them. Amounts are integrals over time: milli-cores times seconds, and
MiB times seconds. Prices are those of a service tier: cents for a core or a GiB that is reserved for a month of 730 h.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from govcloud_api.v1alpha1.service_tier import Prices

__all__ = ["RESOURCES", "Amounts", "Prices", "Resource", "half_up", "worth", "worths"]

Resource = Literal["cpu", "memory", "storage"]
RESOURCES: tuple[Resource, ...] = get_args(Resource)
"""In the order of the fields of `Amounts`."""
MICROCENTS_PER_CENT = 1_000_000
MONTH_SECONDS = 730 * 3600
UNITS_PER_PRICED = (1000, 1024, 1024)
"""Milli-cores of a core and MiB of a GiB, in the order of `RESOURCES`."""


class Amounts(NamedTuple):
    """Resources held over time, one field for each of `RESOURCES`."""

    cpu_mcore_seconds: int = 0
    memory_mib_seconds: int = 0
    storage_mib_seconds: int = 0

    def plus(self, other: Amounts) -> Amounts:
        """Sum of both, resource by resource."""
        return Amounts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def refuse_negative(self, what: str) -> None:
        """Raises ValueError naming `what` when a field is below zero: nobody can hold less than nothing."""
        if min(self) < 0:
            raise ValueError(f"{what} has the negative amounts {self}; correct what integrates them")


def worths(prices: Prices, amounts: Amounts) -> tuple[Fraction, ...]:
    """Micro-cents that each of `RESOURCES` of `amounts` costs at `prices`, without any rounding.

    Amount * cents * 1,000,000 / (units * 730 * 3600), where units is 1000 milli-cores of a core or 1024 MiB of a GiB.
    """
    cents = (prices.cpu_core_cents, prices.memory_gib_cents, prices.storage_gib_cents)
    return tuple(
        Fraction(amount * cent * MICROCENTS_PER_CENT, units * MONTH_SECONDS)
        for amount, cent, units in zip(amounts, cents, UNITS_PER_PRICED, strict=True)
    )


def worth(prices: Prices, amounts: Amounts) -> Fraction:
    """Micro-cents that `amounts` cost at `prices`: the sum of `worths`, without any rounding."""
    return sum(worths(prices, amounts), Fraction())


def half_up(value: Fraction) -> int:
    """Closest integer of a value that is not negative; a half goes up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
