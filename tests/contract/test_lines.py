"""The same watches on the API of the exporter's tests and on a real API server: lists by `raw`, watches by `lines`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_kube.cluster import Ref
from govcloud_kube.real import RealCluster
from govcloud_monitoring.watch.follower import Api
from support import apiserver as servers
from support.monitoring import namespace
from support.outages import outages
from support.watched_api import RawApi

PATH, WATCH = "/api/v1/namespaces", "watch=1&allowWatchBookmarks=true"
_numbers = count(1)


class World(Protocol):
    """An API whose namespaces somebody changes."""

    @property
    def api(self) -> Api: ...

    def put(self, name: str, purpose: str) -> None: ...

    def remove(self, name: str) -> None: ...


@dataclass
class Scripted:
    """The API of the exporter's tests."""

    api: RawApi

    def put(self, name: str, purpose: str) -> None:
        others = [each for each in self.api.lists.get("namespaces", []) if each["metadata"]["name"] != name]
        self.api.lists["namespaces"] = [*others, namespace(name, "tax", purpose)]
        self.api.look()

    def remove(self, name: str) -> None:
        self.api.lists["namespaces"] = [
            each for each in self.api.lists["namespaces"] if each["metadata"]["name"] != name
        ]


@dataclass
class Real:
    """A real API server."""

    api: RealCluster

    def put(self, name: str, purpose: str) -> None:
        self.api.apply(
            {"apiVersion": "v1", "kind": "Namespace", **namespace(name, "tax", purpose)}, field_manager="test"
        )

    def remove(self, name: str) -> None:
        self.api.delete(Ref("v1", "Namespace", name))


@pytest.fixture(params=["scripted", "real"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "scripted":
        return Scripted(RawApi().live())
    server: servers.ApiServer = request.getfixturevalue("apiserver")
    return Real(server.admin())


def listed(world: World) -> str:
    """Version of a list of all."""
    return str(json.loads(world.api.raw("GET", f"{PATH}?limit=500"))["metadata"]["resourceVersion"])


def watched(world: World, version: str, seconds: int) -> Iterator[dict[str, Any]]:
    query = f"{WATCH}&resourceVersion={version}&timeoutSeconds={seconds}"
    return map(json.loads, world.api.lines(f"{PATH}?{query}", silent_seconds=20))


def own(events: Iterator[dict[str, Any]], name: str) -> Iterator[str]:
    """Types of what happens to one namespace."""
    return (each["type"] for each in events if each["object"]["metadata"].get("name") == name)


def new_name() -> str:
    return f"lines-{next(_numbers)}"


def test_a_list_comes_in_pages_of_one_moment(world: World):
    names = {new_name() for _ in range(3)}
    for name in names:
        world.put(name, "test")
    found, versions, token = set(), set(), ""
    while True:
        page = json.loads(world.api.raw("GET", f"{PATH}?limit=1" + (f"&continue={token}" if token else "")))
        assert len(page["items"]) == 1
        found.add(page["items"][0]["metadata"]["name"])
        versions.add(page["metadata"]["resourceVersion"])
        token = page["metadata"].get("continue", "")
        if not token:
            break
        world.put(new_name(), "test")
    assert names <= found
    assert len(versions) == 1


def test_a_watch_tells_what_happened_since_a_version_and_what_happens(world: World):
    name = new_name()
    version = listed(world)
    world.put(name, "test")
    events = own(watched(world, version, 20), name)
    assert next(events) == "ADDED"
    world.put(name, "production")
    assert next(events) == "MODIFIED"
    world.remove(name)
    assert next(each for each in events if each != "MODIFIED") == "DELETED"


def test_a_watch_ends_in_order_when_it_was_asked_to(world: World):
    began = time.monotonic()
    list(watched(world, listed(world), 1))
    assert 0.9 < time.monotonic() - began < 5


def test_a_watch_can_go_on_from_any_event(world: World):
    name = new_name()
    version = listed(world)
    for purpose in ("test", "production", "sandbox"):
        world.put(name, purpose)
    events = [each for each in watched(world, version, 1) if each["object"]["metadata"].get("name") == name]
    second = events[1]["object"]["metadata"]["resourceVersion"]
    again = [each for each in watched(world, second, 1) if each["object"]["metadata"].get("name") == name]
    assert again == events[2:]


def test_a_version_of_the_future_is_met_with_silence(world: World):
    name = new_name()
    version = str(int(listed(world)) + 10**6)
    world.put(name, "test")
    assert list(own(watched(world, version, 1), name)) == []


def require_gone(api: Api, version: str) -> None:
    """A watch from there is one error event."""
    [event] = api.lines(f"{PATH}?{WATCH}&resourceVersion={version}&timeoutSeconds=5", silent_seconds=20)
    found = json.loads(event)
    assert (found["type"], found["object"]["code"]) == ("ERROR", 410)
    assert "too old resource version" in found["object"]["message"]


def test_a_version_that_is_no_longer_kept_is_gone(tmp_path: Path):
    scripted = RawApi()
    scripted.compact()
    require_gone(scripted, "7")
    with outages(tmp_path) as real:
        real.stop()
        real.start()  # it knows only what comes after its own first list
        require_gone(real.server.admin(), "7")


def test_a_page_that_is_no_longer_kept_is_gone(tmp_path: Path):
    scripted = RawApi({"namespaces": [namespace("a"), namespace("b")]})
    require_page_gone(scripted, scripted.compact)
    with outages(tmp_path) as real:
        admin = real.server.admin()

        def compact() -> None:
            admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "newer"}})
            real.compact()
            real.stop()
            real.start()

        require_page_gone(admin, compact)


def require_page_gone(api: Api, compact: Callable[[], None]) -> None:
    """The second page of a list that was begun before."""
    token = json.loads(api.raw("GET", f"{PATH}?limit=1"))["metadata"]["continue"]
    compact()
    with pytest.raises(endings.Gone, match="HTTP 410"):
        api.raw("GET", f"{PATH}?limit=1&continue={token}")


def test_who_may_not_watch_is_told_so_before_the_first_line(apiserver: servers.ApiServer):
    with pytest.raises(errors.Forbidden, match="namespaces"):
        apiserver.connect("nobody").lines(f"{PATH}?watch=1", silent_seconds=5)


def test_a_silent_watch_is_given_up(apiserver: servers.ApiServer):
    admin = apiserver.admin()
    path = f"{PATH}?watch=1&fieldSelector=metadata.name=nothing"
    with pytest.raises(endings.Silent):
        list(admin.lines(path, silent_seconds=0.5))


def test_without_a_server_there_is_no_connection(apiserver: servers.ApiServer):
    gone = servers.ApiServer(
        url=f"https://127.0.0.1:{servers.free_port()}", folder=apiserver.folder, authority=apiserver.authority
    )
    with pytest.raises(endings.Disconnected):
        gone.connect("somebody").lines(f"{PATH}?watch=1", silent_seconds=5)
