"""Values by key: what is shown, and whether anything changed."""

from govcloud_monitoring.watch.store import Store
from govcloud_monitoring.watch.wire import Change, Key

A, B = ("n", "a"), ("n", "b")


def holding(*entries: tuple[Key, int]) -> Store[int]:
    store = Store[int]()
    store.replace(entries)
    return store


def test_a_list_replaces_everything():
    store = holding((A, 1), (B, 2))
    store.replace([(B, 3)])
    assert store.values() == (3,)


def test_changes_are_taken_over_one_by_one():
    store = holding((A, 1))
    for change in (Change("2", B, 2), Change("3", A, 5), Change("4"), Change("5", B, None)):
        store.take(change)
    assert store.values() == (5,)


def test_only_what_differs_counts_as_a_change():
    store = holding((A, 1))
    before = store.changes
    store.replace([(A, 1)])
    for change in (Change("2", A, 1), Change("3"), Change("4", B, None)):
        store.take(change)
    assert store.changes == before
    store.take(Change("5", A, 2))
    assert store.changes > before


def test_what_was_handed_out_does_not_change():
    store = holding((A, 1))
    values = store.values()
    store.take(Change("2", A, 2))
    assert values == (1,)
