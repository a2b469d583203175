"""Copies: newer wins, own writes are seen at once, doubt is settled by a live read, comparing finds what was missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_api.objects import Object, Objects, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_kube.mirror import Mirror, Pages
from govcloud_kube.shelf import Change, Followed, Shelf

MAPS = Followed(api_version="v1", kind="ConfigMap")
REF = Ref("v1", "ConfigMap", "a", "n")


class Counting(MemoryCluster):
    """Counts reads."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})

    @property
    def reads(self) -> int:
        return len(self.asked)

    def get(self, ref: Ref) -> Object | None:
        self.asked.append("read")
        return super().get(ref)

    def list(self, api_version: str, kind: str, **selectors: Any) -> Objects:
        self.asked.append("read")
        return super().list(api_version, kind, **selectors)


class World:
    """A cluster, and a mirror of its ConfigMaps that is true."""

    def __init__(self, followed: Followed = MAPS) -> None:
        self.cluster = Counting()
        self.mirror = Mirror(self.cluster, self._pages, [followed])
        (self.shelf,) = self.mirror.shelves
        self.shelf.ready = True

    def _pages(self, followed: Followed) -> Iterator[Objects]:
        yield MemoryCluster.list(self.cluster, followed.api_version, followed.kind)

    def by_another_hand(self, name: str = "a", **data: str) -> Object:
        """Written past the mirror."""
        return self.cluster.apply(config_map(name, **data), field_manager="somebody")

    def compared(self, pages: Pages | None = None) -> list[str]:
        """Names of what a comparison found to be different."""
        found: list[str] = []

        def told(_followed: Followed, change: Change) -> None:
            found.append((change.before or change.after or {})["metadata"]["name"])

        self.mirror.refresh(self.shelf, told, pages)
        return found


def config_map(name: str = "a", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": data}


def numbered(version: int, name: str = "a", **more: Any) -> Object:
    obj = config_map(name, x=str(version)) | more
    return obj | {"metadata": obj["metadata"] | {"resourceVersion": str(version), "uid": "u"}}


def test_reads_cost_nothing_and_own_writes_are_seen_at_once() -> None:
    world = World()
    world.mirror.apply(config_map(x="1"), field_manager="me")
    assert (world.mirror.get(REF) or {})["data"] == {"x": "1"}
    assert [obj["data"] for obj in world.mirror.list("v1", "ConfigMap", namespace="n")] == [{"x": "1"}]
    assert world.mirror.get(Ref("v1", "ConfigMap", "b", "n")) is None
    assert world.cluster.reads == 0
    assert world.mirror.get(Ref("v1", "Namespace", "n")) is not None
    assert world.cluster.reads == 1, "what is not followed is read live"


def test_what_a_reader_does_to_an_object_is_its_own() -> None:
    world = World()
    world.mirror.apply(config_map(x="1"), field_manager="me")
    (world.mirror.get(REF) or {})["data"]["x"] = "spoilt"
    assert (world.mirror.get(REF) or {})["data"] == {"x": "1"}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_newer_version_stays_whatever_comes_first(order: tuple[int, int]) -> None:
    shelf = Shelf(MAPS)
    told = [shelf.put(numbered(version)) for version in order]
    assert (shelf.get(("n", "a")) or {})["data"] == {"x": "2"}
    assert [change is not None for change in told] == [True, order == (1, 2)]
    assert shelf.put(numbered(2)) is None, "an echo is no news"


def test_a_late_answer_does_not_bring_back_what_went() -> None:
    shelf = Shelf(MAPS)
    shelf.put(numbered(1))
    assert shelf.remove(("n", "a"), 3) == Change(numbered(1), None)
    assert shelf.put(numbered(2)) is None
    assert shelf.get(("n", "a")) is None
    assert shelf.put(numbered(4)) == Change(None, numbered(4))
    assert shelf.remove(("n", "a"), 3) is None, "an old message about its predecessor"
    assert shelf.get(("n", "a")) is not None


def test_a_refused_write_makes_the_copy_doubtful_and_the_next_look_live() -> None:
    world = World()
    world.by_another_hand(x="theirs")
    assert world.mirror.get(REF) is None, "nobody told the mirror yet"
    with pytest.raises(errors.Conflict):
        world.mirror.create(config_map(x="mine"))
    assert (world.mirror.get(REF) or {})["data"] == {"x": "theirs"}
    reads = world.cluster.reads
    assert world.mirror.get(REF) is not None
    assert world.cluster.reads == reads, "settled"


@pytest.mark.parametrize("finalizers", [[], ["test.example/held"]])
def test_what_was_deleted_is_looked_up(finalizers: list[str]) -> None:
    world = World()
    held = config_map(x="1")
    held["metadata"]["finalizers"] = finalizers
    made = world.mirror.create(held)
    world.mirror.delete(REF, uid=made["metadata"]["uid"])
    assert [o["metadata"]["name"] for o in world.mirror.list("v1", "ConfigMap", namespace="n")] == ["a"] * len(
        finalizers
    )
    found = world.mirror.get(REF)
    assert (found is None) is not bool(finalizers)
    assert found is None or "deletionTimestamp" in found["metadata"]


def test_the_last_finalizer_takes_the_object_along() -> None:
    world = World()
    held = config_map()
    held["metadata"]["finalizers"] = ["test.example/held"]
    made = world.mirror.apply(held, field_manager="me")
    world.mirror.delete(REF)
    freed = config_map()
    freed["metadata"] |= {"uid": made["metadata"]["uid"], "finalizers": []}
    world.mirror.apply(freed, field_manager="me")
    assert world.mirror.get(REF) is None


def test_a_dry_run_leaves_no_copy() -> None:
    world = World()
    world.mirror.apply(config_map(x="1"), field_manager="me", dry_run=True)
    assert world.mirror.get(REF) is None


def test_a_comparison_takes_over_what_was_missed_and_tells_it_once() -> None:
    world = World()
    world.mirror.apply(config_map(x="1"), field_manager="me")
    world.mirror.apply(config_map("b"), field_manager="me")
    world.by_another_hand(y="2")
    world.by_another_hand("c")
    world.cluster.delete(Ref("v1", "ConfigMap", "b", "n"))
    assert sorted(world.compared()) == ["a", "b", "c"]
    assert [obj["metadata"]["name"] for obj in world.mirror.list("v1", "ConfigMap")] == ["a", "c"]
    assert world.compared() == []


def test_a_comparison_keeps_what_was_written_while_it_listed() -> None:
    world = World()

    def slow(_followed: Followed) -> Iterator[Objects]:
        listed = MemoryCluster.list(world.cluster, "v1", "ConfigMap")
        world.mirror.apply(config_map(x="1"), field_manager="me")
        yield listed

    assert world.compared(slow) == []
    assert (world.mirror.get(REF) or {})["data"] == {"x": "1"}


def test_selectors_are_answered_from_copies_or_not_at_all() -> None:
    world = World()
    marked = config_map("marked", x="1")
    marked["metadata"]["labels"] = {"a": "b"}
    world.mirror.apply(marked, field_manager="me")
    world.mirror.apply(config_map("plain", x="2"), field_manager="me")
    assert [o["metadata"]["name"] for o in world.mirror.list("v1", "ConfigMap", label_selector="a=b")] == ["marked"]
    assert [o["metadata"]["name"] for o in world.mirror.list("v1", "ConfigMap", field_selector="data.x=2")] == ["plain"]
    assert world.cluster.reads == 0
    only = World(Followed(api_version="v1", kind="ConfigMap", label_selector="a=b"))
    only.mirror.apply(config_map("plain"), field_manager="me")
    assert only.mirror.list("v1", "ConfigMap", label_selector="a=b") == []
    assert only.cluster.reads == 0
    assert len(only.mirror.list("v1", "ConfigMap")) == 1
    assert only.mirror.get(Ref("v1", "ConfigMap", "plain", "n")) is not None, "no copy proves nothing"
    assert only.cluster.reads == 2


def test_in_the_name_of_others_it_reads_live_and_writes_for_all_to_see() -> None:
    world = World()
    other = world.mirror.acting_as("somebody")
    other.apply(config_map(x="1"), field_manager="me")
    assert world.cluster.reads == 0
    assert world.mirror.get(REF) is not None
    assert world.cluster.reads == 0
    assert other.get(REF) is not None
    assert world.cluster.reads == 1
    assert world.cluster.writers == ["somebody"]


def test_of_many_only_the_newest_are_kept_a_namespace() -> None:
    shelf = Shelf(Followed(api_version="v1", kind="ConfigMap", newest=2))
    for version, name in enumerate(["a", "b", "a", "c"], start=1):
        shelf.put(numbered(version, name))
    assert [obj["metadata"]["name"] for obj in shelf.list("n")] == ["a", "c"]


def test_what_seldom_changes_is_asked_once_in_a_while() -> None:
    cluster, namespace = Counting(), Ref("v1", "Namespace", "n")
    mirror = Mirror(cluster, lambda _: iter(()), [], seldom=[namespace])
    assert mirror.get(namespace) == mirror.get(namespace) is not None
    assert cluster.reads == 1
