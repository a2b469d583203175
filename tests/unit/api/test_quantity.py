"""Quantities are exact."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import quantity


@pytest.mark.parametrize(
    ("text", "millicores"),
    [("1", 1000), ("500m", 500), ("0.5", 500), ("0", 0), ("1.001", 1001), ("0.1m", 1), ("16", 16000)],
)
def test_cpu(text: str, millicores: int) -> None:
    assert quantity.cpu_millicores(text) == millicores


@pytest.mark.parametrize(
    ("text", "size"), [("1Ki", 1024), ("2Gi", 2**31), ("1.5Gi", 3 * 2**29), ("1M", 10**6), ("7", 7), ("1500m", 2)]
)
def test_bytes(text: str, size: int) -> None:
    assert quantity.size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "x", "-1", "1e3", "1 Gi", "Gi", "1gi", "1Ei", "0x10", "1."])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity.size_bytes(text)


@given(st.integers(0, 10**9))
def test_cpu_round_trip(millicores: int) -> None:
    assert quantity.cpu_millicores(quantity.cpu_text(millicores)) == millicores


@given(st.integers(0, 2**50))
def test_bytes_round_trip(size: int) -> None:
    assert quantity.size_bytes(quantity.bytes_text(size)) == size


@given(st.from_regex(re.compile(quantity.PATTERN), fullmatch=True))
def test_what_the_schema_accepts_can_be_read(text: str) -> None:
    assert quantity.size_bytes(text.strip()) >= 0
