"""How gaps are bridged."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast.gaps import filled
from govcloud_monitoring.forecast.series import Floats

WEEK = 168


def without(values: Floats, *gaps: slice) -> Floats:
    holed = values.copy()
    for gap in gaps:
        holed[gap] = math.nan
    return holed


def test_a_short_gap_is_bridged_by_a_line():
    assert filled(bench.series(np.array([1.0, math.nan, math.nan, math.nan, 9.0]))).values == (1, 3, 5, 7, 9)


@pytest.mark.parametrize("first", [10, 200, 400, 560])
def test_a_long_gap_gets_the_shape_of_another_week_at_its_own_level(first: int):
    at = np.arange(4 * WEEK)
    whole = 50 + 0.1 * at + 20 * np.sin(at * 2 * np.pi / 24)
    found = filled(bench.series(without(whole, slice(first, first + 30))))
    assert np.allclose(found.array(), whole)


def test_two_gaps_at_the_same_hours_of_two_weeks_are_both_bridged():
    at = np.arange(4 * WEEK)
    whole = 50 + 20 * np.sin(at * 2 * np.pi / 24)
    found = filled(bench.series(without(whole, slice(200, 230), slice(200 + WEEK, 230 + WEEK))))
    assert np.allclose(found.array(), whole)


@given(st.sets(st.integers(1, 4 * WEEK - 2), max_size=300), st.integers(0, 5))
def test_nothing_is_missing_afterwards_and_what_was_known_stays(holes: set[int], seed: int):
    values = np.random.default_rng(seed).uniform(0, 100, 4 * WEEK)
    holed = values.copy()
    holed[list(holes)] = math.nan
    found = filled(bench.series(holed)).array()
    assert np.isfinite(found).all()
    known = ~np.isnan(holed)
    assert (found[known] == values[known]).all()
