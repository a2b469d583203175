"""What amounts are worth, exactly."""

from fractions import Fraction

import pytest
from hypothesis import given

from govcloud_monitoring.ledger.prices import Amounts, Prices, half_up, worth, worths
from support.ledger import BASE, CENT, amounts, held, prices


@pytest.mark.parametrize(
    ("given_amounts", "microcents"),
    [
        (Amounts(), 0),
        (held(cores=1), 1 * CENT),
        (held(memory_gib=1), 2 * CENT),
        (held(storage_gib=1), Fraction(CENT, 2)),
        (held(cores=3, memory_gib=5, storage_gib=7), 3 * CENT + 10 * CENT + Fraction(7 * CENT, 2)),
        (Amounts(cpu_mcore_seconds=1), Fraction(CENT, 3_600_000)),
        (Amounts(memory_mib_seconds=1), Fraction(2 * CENT, 1024 * 3600)),
    ],
)
def test_an_hour_of_a_unit_is_a_730th_of_its_monthly_price(given_amounts: Amounts, microcents: Fraction):
    assert worth(BASE, given_amounts) == microcents


def test_a_month_of_730_hours_costs_the_listed_price():
    month = Amounts(*(730 * each for each in held(1, 1, 1)))
    assert worths(BASE, month) == (730 * CENT, 1460 * CENT, 365 * CENT)


@given(prices, amounts, amounts)
def test_worth_adds_up_without_rounding(listed: Prices, some: Amounts, more: Amounts):
    assert worth(listed, some.plus(more)) == worth(listed, some) + worth(listed, more)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(0), 0),
        (Fraction(49, 100), 0),
        (Fraction(1, 2), 1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(10**30 + 1, 2), 5 * 10**29 + 1),
    ],
)
def test_a_half_goes_up(value: Fraction, rounded: int):
    assert half_up(value) == rounded
