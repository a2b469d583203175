"""A line of keys: each once, the one that is due longest first, nothing that somebody works on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_operators.keys import Key
from govcloud_operators.process.line import Line

A, B = Key("Department", None, "a"), Key("Department", None, "b")


def line(*wishes: tuple[Key, float]) -> Line:
    made = Line()
    for key, due in wishes:
        made.add(key, due)
    return made


@pytest.mark.parametrize(
    ("wishes", "now", "busy", "found"),
    [
        ([], 5, (), None),
        ([(A, 1)], 5, (), A),
        ([(A, 9)], 5, (), 4),
        ([(A, 3), (B, 2)], 5, (), B),
        ([(A, 3), (B, 2)], 5, (B,), A),
        ([(A, 3)], 5, (A,), None),
        ([(A, 3), (B, 9)], 5, (A,), 4),
        ([(A, 9), (A, 2)], 5, (), A),
        ([(A, 2), (A, 9)], 5, (), A),
    ],
)
def test_who_is_next(wishes: list[tuple[Key, float]], now: float, busy: tuple[Key, ...], found: object) -> None:
    assert line(*wishes).pop(now, busy) == found


def test_an_earlier_wish_stands_and_a_busy_key_stays_in_line() -> None:
    made = line((A, 2))
    assert not made.add(A, 3)
    assert made.add(A, 1)
    assert made.pop(5, {A}) is None
    assert (made.late_seconds(5), made.waiting_seconds(5, {A}), made.due(5)) == (4, {}, 1)
    assert made.pop(5, ()) == A
    assert (made.pop(5, ()), made.due(5), made.late_seconds(5)) == (None, 0, float("-inf"))


def test_what_somebody_else_got_is_not_wanted_any_more() -> None:
    made = line((A, 1), (B, 2))
    made.discard(A)
    made.discard(A)
    assert made.pop(5, ()) == B


def test_how_long_the_oldest_of_each_kind_waits() -> None:
    other = Key("Environment", "dept-tax", "a")
    made = line((A, 1), (B, 3), (other, 4), (Key("Approval", "dept-tax", "later"), 9))
    assert made.waiting_seconds(5, ()) == {"Department": 4, "Environment": 1}
    assert made.waiting_seconds(5, {A}) == {"Department": 2, "Environment": 1}


WISHES = st.lists(st.tuples(st.sampled_from([Key("k", None, str(n)) for n in range(6)]), st.integers(0, 9)))


@given(WISHES, st.integers(0, 9), st.sets(st.sampled_from([Key("k", None, str(n)) for n in range(6)])))
def test_it_gives_out_what_a_plain_list_would(wishes: list[tuple[Key, int]], now: int, busy: set[Key]) -> None:
    made, first = line(*[(key, float(due)) for key, due in wishes]), dict[Key, int]()
    for key, due in wishes:
        first[key] = min(due, first.get(key, due))
    given_out = []
    while isinstance(found := made.pop(now, busy), Key):
        given_out.append(found)
    assert sorted(given_out) == sorted(key for key, due in first.items() if due <= now and key not in busy)
    assert [first[key] for key in given_out] == sorted(first[key] for key in given_out)
