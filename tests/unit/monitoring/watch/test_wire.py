"""Bytes of lists and watches to values by key."""

import json
from typing import Any

import msgspec
import pytest

from govcloud_api import errors
from govcloud_kube import endings
from govcloud_monitoring.watch import wire
from govcloud_monitoring.watch.wire import Change, Metadata, Page


class Spec(msgspec.Struct):
    size: int


class Thing(msgspec.Struct):
    metadata: Metadata
    spec: Spec


LISTS, EVENTS = wire.lists(Thing), wire.events(Thing)


def size(item: Thing) -> int | None:
    """What is kept of a thing; nothing of one without a size."""
    return item.spec.size or None


def paged(body: object) -> Page[int]:
    return wire.paged(LISTS.decode(json.dumps(body).encode()), size)


def told(type_: str, obj: object) -> Change[int]:
    return wire.told(EVENTS.decode(json.dumps({"type": type_, "object": obj}).encode()), size)


def thing(size: int = 3, version: str = "12") -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "n", "resourceVersion": version, "managedFields": [{}]}
    return {"kind": "Thing", "metadata": metadata, "spec": {"size": size, "more": [1]}}


def test_a_page_has_values_by_namespace_and_name():
    listed = {"metadata": {"resourceVersion": "40", "continue": "t"}, "items": [thing(3), thing(0)]}
    assert paged(listed) == Page(((("n", "a"), 3),), "40", "t")
    assert paged(listed).items == (3,)


@pytest.mark.parametrize(("type_", "value"), [("ADDED", 3), ("MODIFIED", 3), ("DELETED", None)])
def test_an_event_tells_what_became_of_an_object(type_: str, value: int | None):
    assert told(type_, thing()) == Change("12", ("n", "a"), value)


def test_of_a_deleted_object_only_its_name_is_read():
    assert told("DELETED", {"metadata": thing()["metadata"]}) == Change("12", ("n", "a"))


def test_the_type_may_stand_behind_the_object():
    line = json.dumps({"object": thing(), "type": "ADDED"}).encode()
    assert wire.told(EVENTS.decode(line), size) == Change("12", ("n", "a"), 3)


@pytest.mark.parametrize("rest", [{}, {"spec": None}, {"spec": {"size": None}}, {"spec": {"size": 3}}])
def test_a_bookmark_is_a_version_whatever_its_object_looks_like(rest: dict[str, Any]):
    assert told("BOOKMARK", {"kind": "Thing", "metadata": {"resourceVersion": "99"}} | rest) == Change("99")


@pytest.mark.parametrize(
    ("code", "error"), [(410, endings.Gone), (500, errors.ApiUnavailable), (0, errors.ApiUnavailable)]
)
def test_an_error_event_is_raised_with_the_servers_words(code: int, error: type[Exception]):
    status = {"kind": "Status", "status": "Failure", "code": code, "message": "too old resource version: 1 (5)"}
    with pytest.raises(error, match="too old resource version") as caught:
        told("ERROR", status)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "line",
    [b"", b"<html>", b"{}", b'{"type":"ADDED"}', b'{"type":"WHAT","object":{}}', b'{"type":"ADDED","object":{}}'],
)
def test_what_is_no_event_is_refused(line: bytes):
    with pytest.raises(ValueError, match=r".+"):
        EVENTS.decode(line)


@pytest.mark.parametrize("type_", ["ADDED", "DELETED"])
def test_an_event_without_a_version_is_refused_for_nothing_could_go_on_from_it(type_: str):
    with pytest.raises(ValueError, match="n/a has no resourceVersion"):
        told(type_, thing(version=""))
