"""Durations by upper bound: cumulative, nothing lost, a bound is in its own bucket."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_operators.histogram import BOUNDS_SECONDS, Histogram


def of(*seconds: float) -> Histogram:
    made = Histogram()
    for each in seconds:
        made.add(each)
    return made


def test_bounds_reach_from_half_a_second_to_two_minutes_and_there_is_one_for_the_alert() -> None:
    assert (BOUNDS_SECONDS[0], BOUNDS_SECONDS[-1]) == (0.5, 120)
    assert 30 in BOUNDS_SECONDS
    assert list(BOUNDS_SECONDS) == sorted(set(BOUNDS_SECONDS))


@pytest.mark.parametrize(("seconds", "bound"), [(0, 0.5), (0.5, 0.5), (0.6, 1), (30, 30), (31, 60), (121, math.inf)])
def test_a_duration_is_in_the_first_bucket_that_holds_it(seconds: float, bound: float) -> None:
    assert next(limit for limit, count in of(seconds).read().buckets if count) == bound


@given(st.lists(st.floats(0, 1000)))
def test_each_bucket_counts_what_lasted_no_longer(durations: list[float]) -> None:
    found = of(*durations).read()
    assert found.buckets == tuple(
        (bound, sum(seconds <= bound for seconds in durations)) for bound in (*BOUNDS_SECONDS, math.inf)
    )
    assert found.count == len(durations)
    assert found.sum_seconds == pytest.approx(sum(durations))
