"""An integer split into integers that are as close to given weights as can be, and sum to it. Pure.

The largest remainder method (Hare quota, also called Hamilton's): everybody gets the whole part of the ideal share,
and the units that are left go one each to the largest fractions. The heavier never gets less than the lighter. A
larger total may give one of them a unit less (the Alabama paradox), so totals are split once and not grown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def largest_remainder(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Shares of `total` in the order of `weights`, each less than 1 from total * weight / sum of weights.

    Their sum is `total`, always. Between equal fractions the earlier position wins; a weight of zero gets zero.
    Raises ValueError when `total` or a weight is negative, and when no weight is above zero: then nobody can take
    the total, and only the caller knows whose it is.
    """
    if total < 0:
        raise ValueError(f"{total} cannot be split: only what is not negative can; split the amount and negate")
    whole_weights = _integers(weights)
    sum_of_weights = sum(whole_weights)
    if min(whole_weights, default=0) < 0 or sum_of_weights == 0:
        raise ValueError(f"the {len(weights)} weights are not usable: none may be negative and one must be above zero")
    parts = [divmod(total * weight, sum_of_weights) for weight in whole_weights]
    shares = [whole for whole, _ in parts]
    # The sort is stable, hence ties go by position.
    by_fraction = sorted(range(len(parts)), key=lambda index: -parts[index][1])
    for index in by_fraction[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _integers(weights: Sequence[int | Fraction]) -> list[int]:
    """The same proportions without fractions."""
    scale = math.lcm(*(weight.denominator for weight in weights))
    return [weight.numerator * (scale // weight.denominator) for weight in weights]
