"""Amounts of a report as text."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_cli.usage import report_amounts as amounts

UNIT = amounts.UNIT_MICROCENTS


@given(
    numerator=st.integers(-(10**20), 10**20),
    denominator=st.integers(1, 10**10),
    decimals=st.integers(0, 8),
)
def test_a_quotient_is_rounded_once_half_away_from_zero(numerator: int, denominator: int, decimals: int):
    found = amounts.quotient(numerator, denominator, decimals)
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(numerator) / denominator
        assert Decimal(found) == exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert found.partition(".")[2] == found[len(found) - decimals :] * bool(decimals)
    assert not (found.startswith("-") and Decimal(found) == 0)


@given(microcents=st.integers(-(10**24), 10**24))
def test_the_exact_form_loses_nothing(microcents: int):
    with localcontext() as context:
        context.prec = 60
        assert Decimal(amounts.exact(microcents)) * UNIT == microcents


@pytest.mark.parametrize(
    ("microcents", "shown"),
    [
        (0, "0.00000000"),
        (1, "0.00000001"),
        (-1, "-0.00000001"),
        (UNIT, "1.00000000"),
        (-150 * UNIT // 100, "-1.50000000"),
    ],
)
def test_a_unit_is_a_hundred_million_microcents(microcents: int, shown: str):
    assert amounts.exact(microcents) == shown


@pytest.mark.parametrize(
    ("turnover", "decimals"),
    [(0, 2), (1, 8), (UNIT - 1, 8), (UNIT, 4), (100 * UNIT, 2), (10**7 * UNIT - 1, 2), (10**7 * UNIT, 0)],
)
def test_small_clouds_have_more_decimals(turnover: int, decimals: int):
    assert amounts.decimals_for(turnover) == decimals


def test_quantities_are_hours():
    assert amounts.core_hours(1500 * 3600) == "1.50"
    assert amounts.gib_hours(512 * 3600) == "0.50"
    assert amounts.gib_hours(-1024 * 3600) == "-1.00"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 3, "33.3 %"), (2, 3, "66.7 %"), (0, 5, "0.0 %"), (-1, 4, "-25.0 %"), (3, 0, "-"), (3, -5, "-")],
)
def test_nobody_has_a_share_of_nothing(part: int, whole: int, shown: str):
    assert amounts.percent(part, whole) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1234567.50", "1\u202f234\u202f567.50"),
        ("-1234.5", "\u22121\u202f234.5"),
        ("999", "999"),
        ("-0.25", "\u22120.25"),
        ("34.5 %", "34.5\u202f%"),
        ("-", "\u2013"),
    ],
)
def test_numbers_on_paper_have_groups_and_a_real_minus(number: str, shown: str):
    assert amounts.typeset(number) == shown


@given(microcents=st.integers(-(10**20), 10**20), decimals=st.integers(0, 8))
def test_typesetting_changes_no_digit(microcents: int, decimals: int):
    number = amounts.money(microcents, decimals)
    assert amounts.typeset(number).replace("\u202f", "").replace("\u2212", "-") == number
