"""Pages of lists and lines of watches (JSON bytes) to values by key. Pure.

Only what a kind's item names is decoded. What is decoded is a tree and never a cycle, so the garbage collector need not
look at it (`gc=False`); nor at the values that are kept of thousands of objects. An event's type is looked at before
its object: a bookmark and an error have no item in them. Every function raises ValueError (msgspec's errors are
ValueErrors) on bytes that are neither.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from govcloud_api import errors
from govcloud_kube import endings

Key: TypeAlias = tuple[str, str]
"""(namespace or "", name)."""
Value = TypeVar("Value")
HTTP_GONE = 410


class Metadata(msgspec.Struct, gc=False):
    """What says which object it is, and of when."""

    name: str
    namespace: str = ""
    resource_version: str = msgspec.field(name="resourceVersion", default="")


class Item(Protocol):
    """An object as far as it is decoded."""

    @property
    def metadata(self) -> Metadata:
        """Its metadata."""
        ...


Thing = TypeVar("Thing", bound=Item)


class ListMeta(msgspec.Struct, gc=False):
    """The version is that of the whole list: a watch from there misses nothing."""

    resource_version: str = msgspec.field(name="resourceVersion", default="")
    continue_token: str = msgspec.field(name="continue", default="")


class Listed(msgspec.Struct, Generic[Thing], gc=False):
    """One page of a list."""

    metadata: ListMeta
    items: list[Thing] | None = None


class _Named(msgspec.Struct, gc=False):
    metadata: Metadata


class _Moment(msgspec.Struct, gc=False):
    resource_version: str = msgspec.field(name="resourceVersion")


class _Mark(msgspec.Struct, gc=False):
    metadata: _Moment


class _Status(msgspec.Struct, gc=False):
    code: int = 0
    message: str = "no reason given"


class Added(msgspec.Struct, Generic[Thing], tag_field="type", tag="ADDED", gc=False):
    """An object that is new, or newly meets the selector."""

    object: Thing


class Modified(msgspec.Struct, Generic[Thing], tag_field="type", tag="MODIFIED", gc=False):
    """An object that changed."""

    object: Thing


class Deleted(msgspec.Struct, tag_field="type", tag="DELETED", gc=False):
    """An object that is gone, as it last was."""

    object: _Named


class Bookmark(msgspec.Struct, tag_field="type", tag="BOOKMARK", gc=False):
    """All changes up to a version were told."""

    object: _Mark


class Failed(msgspec.Struct, tag_field="type", tag="ERROR", gc=False):
    """The watch is over, and cannot go on from where it was."""

    object: _Status


Event: TypeAlias = Added[Thing] | Modified[Thing] | Deleted | Bookmark | Failed


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """One page of a list; `continue_token` is empty on the last page."""

    entries: tuple[tuple[Key, Value], ...]
    version: str = ""
    continue_token: str = ""

    @property
    def items(self) -> tuple[Value, ...]:
        """The values."""
        return tuple(value for _, value in self.entries)


class Change(msgspec.Struct, Generic[Value], frozen=True, gc=False):
    """What a line of a watch told: up to which version, and of which object, if of any. No value: it is gone."""

    version: str
    key: Key | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Value]):
    """One kind of objects: where it is listed and watched, and how its bytes are read."""

    name: str
    path: str
    page: Callable[[bytes], Page[Value]]
    change: Callable[[bytes], Change[Value]]


def lists(item: type[Thing]) -> msgspec.json.Decoder[Listed[Thing]]:
    """Decoder of pages of such items."""
    shape: Any = Listed
    return msgspec.json.Decoder(shape[item])


def events(item: type[Thing]) -> msgspec.json.Decoder[Event[Thing]]:
    """Decoder of lines of a watch on such items."""
    shape: Any = Event
    return msgspec.json.Decoder(shape[item])


def paged(listed: Listed[Thing], value_of: Callable[[Thing], Value | None]) -> Page[Value]:
    """A page with the values of its items; an item without a value is left out."""
    found = ((_key(item.metadata), value_of(item)) for item in listed.items or ())
    entries = tuple((key, value) for key, value in found if value is not None)
    return Page(entries, listed.metadata.resource_version, listed.metadata.continue_token)


def told(event: Event[Thing], value_of: Callable[[Thing], Value | None]) -> Change[Value]:
    """What an event tells. Raises Gone or ApiUnavailable when the API server says that the watch failed."""
    if isinstance(event, Added | Modified):
        return _change(event.object.metadata, value_of(event.object))
    if isinstance(event, Deleted):
        return _change(event.object.metadata, None)
    if isinstance(event, Bookmark):
        return Change(event.object.metadata.resource_version)
    kind = endings.Gone if event.object.code == HTTP_GONE else errors.ApiUnavailable
    raise kind(f"the API server ended the watch: {event.object.message}")


def _change(metadata: Metadata, value: Value | None) -> Change[Value]:
    if not metadata.resource_version:
        raise ValueError(f"the event of {metadata.namespace}/{metadata.name} has no resourceVersion")
    return Change(metadata.resource_version, _key(metadata), value)


def _key(metadata: Metadata) -> Key:
    return metadata.namespace, metadata.name
