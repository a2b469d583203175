"""An integer total is split exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.ledger.allocation import largest_remainder

totals = st.integers(0, 20) | st.integers(0, 10**24)
weights = st.integers(0, 5) | st.integers(0, 10**18) | st.fractions(min_value=0, max_value=10**9)
some_weights = st.lists(weights, min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("total", "given_weights", "shares"),
    [
        (0, [1, 1], [0, 0]),
        (10, [1], [10]),
        (10, [1, 1, 1], [4, 3, 3]),
        (11, [1, 1, 1], [4, 4, 3]),
        (100, [47, 16, 15, 8, 6, 5, 3], [47, 16, 15, 8, 6, 5, 3]),
        (5, [0, 1, 0, 1], [0, 3, 0, 2]),
        (7, [Fraction(1, 3), Fraction(2, 3)], [2, 5]),
        (1, [1, 2], [0, 1]),
        (1, [Fraction(1, 10**20), Fraction(1, 10**20)], [1, 0]),
    ],
)
def test_known_splits(total: int, given_weights: list[int | Fraction], shares: list[int]):
    assert largest_remainder(total, given_weights) == shares


@given(totals, some_weights)
def test_shares_sum_to_the_total(total: int, given_weights: list[int | Fraction]):
    assert sum(largest_remainder(total, given_weights)) == total


@given(totals, some_weights)
def test_every_share_is_less_than_one_from_its_ideal(total: int, given_weights: list[int | Fraction]):
    whole = sum(given_weights)
    for share, weight in zip(largest_remainder(total, given_weights), given_weights, strict=True):
        assert abs(share - Fraction(total) * weight / whole) < 1


@given(totals, some_weights)
def test_the_heavier_never_gets_less_and_nothing_weighs_nothing(total: int, given_weights: list[int | Fraction]):
    by_weight = sorted(zip(given_weights, largest_remainder(total, given_weights), strict=True))
    assert [share for _, share in by_weight] == sorted(share for _, share in by_weight)
    assert all(share == 0 for weight, share in by_weight if weight == 0)


@given(totals, some_weights, st.fractions(min_value=Fraction(1, 10**6), max_value=10**6).filter(bool))
def test_only_proportions_count(total: int, given_weights: list[int | Fraction], scale: Fraction):
    scaled = [weight * scale for weight in given_weights]
    assert largest_remainder(total, scaled) == largest_remainder(total, given_weights)


@pytest.mark.parametrize(("total", "given_weights"), [(1, []), (1, [0, 0]), (0, [0]), (-1, [1]), (5, [2, -1])])
def test_what_cannot_be_split_is_refused(total: int, given_weights: list[int]):
    with pytest.raises(ValueError, match=r"split|usable"):
        largest_remainder(total, given_weights)
