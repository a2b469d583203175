"""Copies of all objects of one kind, as bytes: small, and every reader gets objects of its own.

Writers are a watch, a list and the answers to our own writes, in any order: the version decides which is newer.
Kubernetes says that versions of one kind can be compared as numbers.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from govcloud_api.objects import Object, Objects, Ref
from govcloud_kube import selectors

GONE_MAX = 4096
"""Removed objects remembered, so that a late answer to a write does not bring one back."""
Key = tuple[str, str]
"""(namespace or "", name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Which objects are followed."""

    api_version: str
    kind: str
    namespace: str | None = None
    """None: all namespaces."""
    label_selector: str = ""
    field_selector: str = ""
    newest: int = 0
    """How many are kept a namespace, the newest; 0: all."""
    has_bookmarks: bool = True
    """Events have none: the API server keeps them in no watch cache, and says nothing while nothing happens."""

    def answers(self, ref: Ref) -> bool:
        """Is an object that has no copy not there at all?"""
        within = self.namespace in (None, ref.namespace)
        return within and not self.label_selector and self.field_selector in ("", f"metadata.name={ref.name}")

    def selects(self, obj: Object) -> bool:
        """Does an object of the kind belong to those followed?"""
        within = self.namespace in (None, obj["metadata"].get("namespace"))
        labelled = selectors.has_labels(obj, self.label_selector)
        return within and labelled and selectors.has_fields(obj, self.field_selector)


@dataclass(frozen=True, slots=True)
class Change:
    """One object before and after; None: it was not, or is not, there."""

    before: Object | None
    after: Object | None


Keys = list[Key]
Changes = list[Change]


@dataclass(frozen=True, slots=True)
class _Copy:
    version: int
    body: bytes


class Shelf:
    """The copies of one kind. Safe to use from several threads."""

    def __init__(self, followed: Followed) -> None:
        self.followed = followed
        self.ready = False
        """Set while somebody sees to it that the copies are true."""
        self._rooms: dict[str, dict[str, _Copy]] = {}
        self._gone: dict[Key, int] = {}
        self._unsure: set[Key] = set()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Object | None:
        """The copy, None when there is none."""
        copy = self._rooms.get(key[0], {}).get(key[1])
        return None if copy is None else _decoded(copy.body)

    def list(self, namespace: str | None, label_selector: str = "", field_selector: str = "") -> Objects:
        """Copies that meet selectors, by namespace and name as the API server orders them."""
        with self._lock:
            rooms = sorted(self._rooms) if namespace is None else [namespace]
            found = [copy.body for room in rooms for _, copy in sorted(self._rooms.get(room, {}).items())]
        if not label_selector and not field_selector:
            return [_decoded(body) for body in found]
        words = [word.encode() for word in _plain_values(f"{label_selector},{field_selector}")]
        likely = (_decoded(body) for body in found if all(word in body for word in words))
        return [
            obj
            for obj in likely
            if selectors.has_labels(obj, label_selector) and selectors.has_fields(obj, field_selector)
        ]

    def version(self, key: Key) -> int:
        """Version of the copy, 0 when there is none."""
        copy = self._rooms.get(key[0], {}).get(key[1])
        return 0 if copy is None else copy.version

    def doubt(self, key: Key) -> None:
        """What became of an object is not known: `is_sure` is false until something newer is seen."""
        with self._lock:
            self._unsure.add(key)

    def is_sure(self, key: Key) -> bool:
        """May the copy be believed?"""
        return key not in self._unsure

    def are_sure(self, namespace: str | None) -> bool:
        """May all copies be believed, in one namespace or everywhere?"""
        return not self.doubtful(namespace)

    def doubtful(self, namespace: str | None) -> Keys:
        """Objects whose copies may not be believed."""
        with self._lock:
            return [key for key in self._unsure if namespace in (None, key[0])]

    def put(self, obj: Object) -> Change | None:
        """Keep an object unless something newer is known; None when nothing changed. Keeps no managed fields."""
        key, version = key_of(obj), version_of(obj)
        with self._lock:
            room = self._rooms.setdefault(key[0], {})
            known = room.get(key[1])
            if version <= max(self._gone.get(key, 0), known.version if known else 0):
                return None
            room.pop(key[1], None)  # the newest stands last
            room[key[1]] = _Copy(version, _encoded(obj))
            if self.followed.newest and len(room) > self.followed.newest:
                room.pop(next(iter(room)))
            self._unsure.discard(key)
        return Change(None if known is None else _decoded(known.body), obj)

    def remove(self, key: Key, version: int) -> Change | None:
        """Forget an object that went with this version; None when that changes nothing."""
        with self._lock:
            self._gone.pop(key, None)
            self._gone[key] = version
            if len(self._gone) > GONE_MAX:
                self._gone.pop(next(iter(self._gone)))
            known = self._rooms.get(key[0], {}).get(key[1])
            if known is not None and known.version > version:
                return None
            self._forget(key)
        return None if known is None else Change(_decoded(known.body), None)

    def settle(self, key: Key, found: Object | None, asked_at_version: int) -> Change | None:
        """Take over what a live read of a doubtful object found; `asked_at_version` is the copy's before the read."""
        if found is not None:
            if not self.followed.selects(found):
                return None
            change = self.put(found)
            with self._lock:
                self._unsure.discard(key)
            return change
        with self._lock:
            known = self._rooms.get(key[0], {}).get(key[1])
            if (known.version if known else 0) != asked_at_version:
                return None
            self._forget(key)
        return None if known is None else Change(_decoded(known.body), None)

    def known(self) -> dict[Key, int]:
        """Versions of all copies."""
        with self._lock:
            return {(room, name): copy.version for room, names in self._rooms.items() for name, copy in names.items()}

    def drop(self, missing: Iterable[tuple[Key, int]]) -> Changes:
        """Forget objects that a whole list did not show, unless they changed since the list began."""
        found = (self.settle(key, None, version) for key, version in missing)
        return [change for change in found if change is not None]

    def _forget(self, key: Key) -> None:
        room = self._rooms.get(key[0])
        if room is not None:
            room.pop(key[1], None)
            if not room:
                del self._rooms[key[0]]
        self._unsure.discard(key)


def key_of(obj: Object) -> Key:
    """Where an object lies on its shelf."""
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def version_of(obj: Object) -> int:
    """Its resource version as a number."""
    return int(obj["metadata"]["resourceVersion"])


def _plain_values(terms: str) -> Iterator[str]:
    """Values that stand in an object's bytes as they are: what does not hold them need not be decoded."""
    for term in filter(None, terms.split(",")):
        value = term.partition("=")[2].removeprefix("=")
        if value.isascii() and value.replace("-", "").replace(".", "").isalnum():
            yield value


def _encoded(obj: Object) -> bytes:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    return msgspec.json.encode(obj | {"metadata": metadata})


def _decoded(body: bytes) -> Object:
    decoded: Object = msgspec.json.decode(body)
    return decoded
