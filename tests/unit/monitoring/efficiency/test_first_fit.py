"""First-fit-decreasing into rooms of unequal sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.first_fit import Load, Room, Size, decreasing, first_fit, load_of
from govcloud_monitoring.kubernetes.pods import Amount

WHOLE = Amount(100, 100)
sizes = st.builds(Size, st.integers(0, 5), st.integers(0, 5), st.sampled_from(["", "", "x", "y"]))
rooms = st.builds(
    lambda cpu_milli, memory_bytes, pods, apart: Room(free=Amount(cpu_milli, memory_bytes), pods=pods, apart=apart),
    st.integers(3, 20),
    st.integers(3, 20),
    st.integers(1, 6),
    st.sampled_from([frozenset(), frozenset(), frozenset({"x"})]),
)
items_and_rooms = {"items": st.lists(sizes, min_size=3, max_size=12), "where": st.lists(rooms, min_size=3, max_size=6)}


def counted(items: list[Size]) -> dict[Size, int]:
    return {size: items.count(size) for size in items}


def one_after_another(items: list[Size], where: list[Room]) -> list[list[Size]] | None:
    """The textbook: each item, heaviest first, into the first room where it fits."""
    placed: list[list[Size]] = [[] for _ in where]
    for item in items:
        for room, inside in zip(where, placed, strict=True):
            if room.takes(load_of([*inside, item])) and not (
                item.apart and item.apart in {each.apart for each in inside}
            ):
                inside.append(item)
                break
        else:
            return None
    return placed


def test_the_heaviest_go_first_into_the_first_room_that_takes_them():
    items = {Size(2, 2): 1, Size(6, 6): 2, Size(4, 4): 1}
    found = first_fit(decreasing(items, WHOLE), [Room(free=Amount(10, 10), pods=9)] * 2)
    assert found == (Load(amount=Amount(10, 10), pods=2), Load(amount=Amount(8, 8), pods=2))


def test_one_resource_that_is_gone_closes_a_room():
    found = first_fit([(Size(1, 8), 2)], [Room(free=Amount(10, 10), pods=9), Room(free=Amount(1, 8), pods=9)])
    assert found == (Load(amount=Amount(1, 8), pods=1), Load(amount=Amount(1, 8), pods=1))


def test_a_room_takes_no_more_pods_than_it_has_places():
    assert first_fit([(Size(0, 0), 3)], [Room(free=Amount(9, 9), pods=2)]) is None
    found = first_fit([(Size(0, 0), 3)], [Room(free=Amount(9, 9), pods=2), Room(free=Amount(0, 0), pods=1)])
    assert found is not None
    assert [each.pods for each in found] == [2, 1]


def test_pods_that_must_stand_apart_never_share_a_room():
    wide = Room(free=Amount(9, 9), pods=9)
    assert first_fit([(Size(1, 1, "db"), 3)], [wide, wide]) is None
    assert first_fit([(Size(2, 2, "db"), 1), (Size(1, 1, "db"), 1)], [wide]) is None
    found = first_fit([(Size(1, 1, "db"), 2)], [Room(free=Amount(9, 9), pods=9, apart=frozenset({"db"})), wide, wide])
    assert found is not None
    assert [each.pods for each in found] == [0, 1, 1]


def test_a_pod_that_fits_nowhere_is_said_to():
    assert first_fit([(Size(5, 1), 1)], [Room(free=Amount(4, 100), pods=9)]) is None
    assert first_fit([(Size(5, 1), 1)], []) is None
    assert first_fit([], []) == ()


@pytest.mark.parametrize(
    ("load", "fits"),
    [
        (Load(amount=Amount(4, 4), pods=2), True),
        (Load(amount=Amount(5, 4), pods=2), False),
        (Load(amount=Amount(4, 5), pods=2), False),
        (Load(amount=Amount(4, 4), pods=3), False),
        (Load(amount=Amount(4, 4), pods=2, apart=frozenset({"a"})), False),
        (Load(amount=Amount(4, 4), pods=2, apart=frozenset({"b"})), True),
    ],
)
def test_a_room_takes_a_load_that_fits_in_every_way(load: Load, fits: bool):
    assert Room(free=Amount(4, 4), pods=2, apart=frozenset({"a"})).takes(load) is fits


@given(**items_and_rooms)
def test_no_room_is_overfilled_and_nothing_is_lost(items: list[Size], where: list[Room]):
    found = first_fit(decreasing(counted(items), WHOLE), where)
    if found is not None:
        assert all(room.takes(load) for room, load in zip(where, found, strict=True))
        assert sum(each.pods for each in found) == len(items)
        assert sum(each.amount.cpu_milli for each in found) == sum(each.cpu_milli for each in items)
        assert sum(each.amount.memory_bytes for each in found) == sum(each.memory_bytes for each in items)
        for key in ("x", "y"):
            assert sum(key in each.apart for each in found) == sum(each.apart == key for each in items)


@given(**items_and_rooms)
def test_placing_equals_together_gives_what_placing_one_after_another_gives(items: list[Size], where: list[Room]):
    order = decreasing(counted(items), WHOLE)
    expected = one_after_another([size for size, count in order for _ in range(count)], where)
    found = first_fit(order, where)
    assert found == (None if expected is None else tuple(load_of(inside) for inside in expected))


@given(one=rooms, other=rooms, items=st.lists(sizes, max_size=4))
def test_what_fits_into_the_common_part_of_two_rooms_fits_into_both(one: Room, other: Room, items: list[Size]):
    load = load_of(items)
    assert one.within(other).takes(load) == (one.takes(load) and other.takes(load))
