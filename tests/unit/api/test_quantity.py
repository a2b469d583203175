"""Kubernetes quantities as exact integers."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api import quantity

SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
    "e3": Fraction(1000),
    "E3": Fraction(1000),
    "e-3": Fraction(1, 1000),
    "e+2": Fraction(100),
}


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("0", 0),
        ("1", 1000),
        ("250m", 250),
        ("1.5", 1500),
        ("0.1", 100),
        (".5", 500),
        ("2.", 2000),
        ("1k", 1_000_000),
        ("1e3", 1_000_000),
        ("1E", 10**21),
        ("100u", 1),
        ("1n", 1),
        ("1000001n", 2),
        ("+3", 3000),
        ("-1", -1000),
        ("-1500u", -1),
    ],
)
def test_cpu_is_exact_and_rounds_up(text: str, milli: int):
    assert quantity.cpu_millicores(text) == milli


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("128Mi", 134_217_728),
        ("268435456", 268_435_456),
        ("1.5Gi", 1_610_612_736),
        ("1G", 1_000_000_000),
        ("128974848000m", 128_974_848),
        ("129e6", 129_000_000),
        ("0.1Ki", 103),
        ("1Ei", 2**60),
    ],
)
def test_memory_is_exact_and_rounds_up(text: str, count: int):
    assert quantity.size_bytes(text) == count


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "m", ".", "1 Gi", "1gi", "1K", "1mi", "0x10", "1e", "1e1000", "1ee3", "NaN", "inf", "1_000"),
        *("\N{ARABIC-INDIC DIGIT THREE}", "1\n", "9" * 65),
    ],
)
def test_what_is_not_a_quantity_is_refused(text: str):
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        quantity.cpu_millicores(text)


@given(
    digits=st.integers(min_value=0, max_value=10**12),
    places=st.integers(min_value=0, max_value=9),
    suffix=st.sampled_from(sorted(SUFFIXES)),
)
def test_every_suffix_agrees_with_fractions(digits: int, places: int, suffix: str):
    written = f"{digits:0{places + 1}d}"
    number = f"{written[: len(written) - places]}.{written[len(written) - places :]}" if places else written
    exact = Fraction(digits, 10**places) * SUFFIXES[suffix]
    assert quantity.size_bytes(number + suffix) == -((-exact) // 1)
    assert quantity.cpu_millicores(number + suffix) == -((-exact * 1000) // 1)


@given(st.lists(st.integers(min_value=0, max_value=10**6), max_size=50))
def test_sums_of_milli_cores_are_exact(values: list[int]):
    assert sum(quantity.cpu_millicores(f"{value}m") for value in values) == sum(values)
    assert sum(quantity.cpu_millicores(f"{value / 1000:.3f}") for value in values) == sum(values)


@pytest.mark.parametrize("text", ["", "x", "-1", "1e3", "1 Gi", "Gi", "1gi", "1Ei", "0x10", "1.", "1\n"])
def test_what_our_own_kinds_refuse(text: str) -> None:
    assert re.compile(quantity.PATTERN.replace("$", r"\Z")).match(text) is None


@given(st.integers(0, 10**9))
def test_cpu_round_trip(millicores: int) -> None:
    assert quantity.cpu_millicores(quantity.cpu_text(millicores)) == millicores


@given(st.integers(0, 2**50))
def test_bytes_round_trip(size: int) -> None:
    assert quantity.size_bytes(quantity.bytes_text(size)) == size


@settings(max_examples=50)
@given(st.from_regex(re.compile(quantity.PATTERN), fullmatch=True))
def test_what_the_schema_accepts_can_be_read(text: str) -> None:
    assert quantity.size_bytes(text.strip()) >= 0
