"""Time left: recorded durations win over usual ones; the figure never lies about being finished."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.bundle import eta

seconds = st.floats(0, 1e5)


def test_sums_what_is_behind_and_the_rest_of_the_running_one() -> None:
    expected = {"a": 100.0, "b": 30.0, "c": 50.0}
    assert eta.remaining_seconds(["b", "c"], "a", 40, expected) == 140
    assert eta.remaining_seconds([], "a", 40, expected) == 60


def test_an_overdue_component_still_needs_some_time() -> None:
    assert eta.remaining_seconds([], "a", 500, {"a": 100.0}) == 10


def test_recorded_durations_win() -> None:
    assert eta.expected_seconds({"a": 100, "b": 30}, {"a": 7, "gone": 5}) == {"a": 7, "b": 30}


@given(seconds, seconds, seconds)
def test_less_is_left_the_longer_it_runs(usual: float, one: float, two: float) -> None:
    earlier, later = sorted((one, two))
    expected = {"a": usual}
    assert eta.remaining_seconds([], "a", later, expected) <= eta.remaining_seconds([], "a", earlier, expected)


@pytest.mark.parametrize(
    ("given_seconds", "text"), [(0, "0s"), (59.9, "59s"), (60, "1m00s"), (192, "3m12s"), (3900, "1h05m")]
)
def test_durations(given_seconds: float, text: str) -> None:
    assert eta.duration(given_seconds) == text


@pytest.mark.parametrize(
    ("given_seconds", "text"), [(5, "less than a minute left"), (61, "about 1 min left"), (1260, "about 21 min left")]
)
def test_time_left(given_seconds: float, text: str) -> None:
    assert eta.about(given_seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_340_000_000, "2.3 GB")])
def test_sizes(count: int, text: str) -> None:
    assert eta.size(count) == text
