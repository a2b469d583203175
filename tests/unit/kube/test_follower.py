"""A follower lists, watches, and starts anew after every way in which a watch can end."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_api.objects import Object, Objects
from govcloud_kube import follower
from govcloud_kube.follower import Follower
from govcloud_kube.memory import MemoryCluster
from govcloud_kube.mirror import Mirror
from govcloud_kube.shelf import Change, Followed

MAPS = Followed(api_version="v1", kind="ConfigMap")


@dataclass
class Page:
    items: Objects
    version: str


def config_map(version: int, name: str = "a") -> Object:
    metadata = {"name": name, "namespace": "n", "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


class Script:
    """Each watch plays one scene; the follower is stopped with the last."""

    def __init__(self, listed: Objects, *scenes: list[Any], followed: Followed = MAPS) -> None:
        self.listed, self.scenes = listed, list(scenes)
        self.lists = 0
        self.from_versions: list[str] = []
        self.asked_seconds: list[int] = []
        self.ready: list[bool] = []
        self.changes_seen: list[Change] = []
        self.mirror = Mirror(MemoryCluster(), lambda _: iter(()), [followed])
        (self.shelf,) = self.mirror.shelves
        self.follower = Follower(self, self.mirror, self.shelf, lambda _, change: self.changes_seen.append(change))

    def pages(self, asked: Followed) -> Iterator[Page]:
        self.lists += 1
        self.ready.append(self.shelf.ready)
        yield Page(self.listed, "10")

    def changes(self, asked: Followed, version: str, *, seconds: int, silent_seconds: float) -> Iterator[Object]:
        self.from_versions.append(version)
        self.asked_seconds.append(seconds)
        scene = self.scenes.pop(0)
        if not self.scenes:
            self.follower.stop()
        for event in scene:
            if isinstance(event, Exception):
                raise event
            yield event

    def names(self) -> list[str]:
        return [obj["metadata"]["name"] for obj in self.shelf.list(None)]


def event(type_: str, obj: Object) -> Object:
    return {"type": type_, "object": obj}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "BACKOFF_BASE_SECONDS", 0.0)


def test_changes_arrive_and_the_next_watch_goes_on_where_the_last_one_ended() -> None:
    bookmark = event("BOOKMARK", {"kind": "ConfigMap", "metadata": {"resourceVersion": "14"}})
    first = [event("ADDED", config_map(11, "b")), event("DELETED", config_map(12)), bookmark]
    script = Script([config_map(9)], first, [])
    script.follower.run()
    assert script.names() == ["b"]
    assert script.from_versions == ["10", "14"]
    assert script.lists == 1
    assert [(c.before is None, c.after is None) for c in script.changes_seen] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_a_watch_without_bookmarks_ends_before_its_silence_counts_as_a_fault() -> None:
    bare = dataclasses.replace(MAPS, has_bookmarks=False)
    script = Script([config_map(9)], [], [], followed=bare)
    script.follower.run()
    assert script.lists == 1
    assert script.from_versions == ["10", "10"]
    assert max(script.asked_seconds) < follower.SILENT_SECONDS


LAPSED = event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})


@pytest.mark.parametrize("end", [LAPSED, errors.ApiUnavailable("silent"), errors.Forbidden("no"), KeyError("odd")])
def test_after_any_fault_it_lists_again(end: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    script = Script([config_map(9)], [event("ADDED", config_map(11, "b")), end], [])
    script.follower.run()
    assert script.lists == 2
    assert script.ready == [False, False], "while it does not watch, the kind is read live"
    assert script.names() == ["a"], "the second list showed what the watch did not"
    assert not script.shelf.ready
