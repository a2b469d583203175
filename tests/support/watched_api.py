"""A raw API of bytes whose lists can be watched, for tests of the exporter: it keeps history, and plays scenes.

Tests change `lists` as they like. What differs from the last look becomes events, each with a version of its own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from govcloud_api import errors
from govcloud_kube import endings

Wire = dict[str, Any]
PATHS = {
    "namespaces": "/api/v1/namespaces",
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "quotas": "/api/v1/resourcequotas",
    "claims": "/api/v1/persistentvolumeclaims",
    "instances": "/apis/govcloud.internal/v1alpha1/serviceinstances",
    "offerings": "/apis/govcloud.internal/v1alpha1/serviceofferings",
}
POLL_SECONDS = 0.02
FOR_EVER = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How one watch goes: it tells so many events, and then ends so: with a line, an error, or in order (None).

    `at_once`: the error is the answer to the request, and no line comes.
    """

    events: int = FOR_EVER
    end: bytes | errors.GovcloudError | None = None
    at_once: bool = False


def error_line(code: int, message: str = "too old resource version") -> bytes:
    """The ERROR event of an API server."""
    return json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": message}}).encode()


SILENCE = Scene(end=endings.Silent("GET: nothing came for too long"))
BREAK = Scene(end=endings.Disconnected("GET: the connection broke"))


@dataclass
class RawApi:
    """Lists come in pages. `failure` is raised for everything while it is set."""

    lists: dict[str, list[Wire]] = field(default_factory=dict)
    failure: errors.GovcloudError | None = None
    requests: list[str] = field(default_factory=list)
    scenes: dict[str, list[Scene]] = field(default_factory=dict)
    """By kind: how its next watches go; afterwards they go well."""
    version: int = 7
    passes: Callable[[float], None] = lambda _seconds: None
    """Told of the seconds that a watch lasts; see `live` for threads."""

    def __post_init__(self) -> None:
        self._known: dict[str, dict[tuple[str, str], Wire]] = {kind: {} for kind in PATHS}
        self._events: list[tuple[int, str, bytes]] = []
        self._pages: dict[str, tuple[int, list[Wire]]] = {}
        self._oldest = 0
        self._lock = threading.RLock()
        self._is_live = False

    def live(self) -> RawApi:
        """Watches last as long as they are asked to, on the real clock, and tell what happens meanwhile."""
        self._is_live = True
        return self

    def compact(self) -> None:
        """Forget all history, and every page that is still to come."""
        with self._lock:
            self.look()
            self.version += 1
            self._oldest = self.version
            self._events.clear()
            self._pages.clear()

    def restore(self, version: int) -> None:
        """Be an API server whose etcd was restored: the lists as they are now, at an older version."""
        with self._lock:
            self.look()
            self.version, self._oldest = version, version
            self._events.clear()

    def raw(self, method: str, path: str) -> bytes:
        """One page; all pages of a list are of the moment when its first one was asked for."""
        assert method == "GET"
        kind, query = self._asked(path)
        token, limit = query.get("continue", ""), int(query["limit"])
        with self._lock:
            if token and token not in self._pages:
                raise endings.Gone(f"GET {path}: the provided continue parameter is too old (HTTP 410)")
            self.look()
            version, items = self._pages.pop(token) if token else (self.version, list(self._known[kind].values()))
            rest = f"{kind}-{version}-{len(items) - limit}" if len(items) > limit else ""
            if rest:
                self._pages[rest] = (version, items[limit:])
            return page(items[:limit], rest, version)

    def lines(self, path: str, *, silent_seconds: float) -> Iterator[bytes]:
        """A watch."""
        kind, query = self._asked(path)
        assert (query["watch"], query["allowWatchBookmarks"]) == ("1", "true")
        waiting = self.scenes.get(kind, [])
        scene = waiting.pop(0) if waiting else Scene()
        if scene.at_once and isinstance(scene.end, errors.GovcloudError):
            raise scene.end
        lasts = silent_seconds if isinstance(scene.end, endings.Silent) else float(query["timeoutSeconds"])
        return self._watch(kind, int(query["resourceVersion"]), scene, lasts)

    def _watch(self, kind: str, version: int, scene: Scene, seconds: float) -> Iterator[bytes]:
        if version < self._oldest:
            yield error_line(410)
            return
        told, until = 0, time.monotonic() + seconds
        while True:
            with self._lock:
                self._fail()
                self.look()
                news = [each for each in self._events if each[0] > version and each[1] == kind]
            for happened, _, line in news[: scene.events - told]:
                version, told = happened, told + 1
                yield line
            if not self._is_live or time.monotonic() > until or told == scene.events:
                break
            time.sleep(POLL_SECONDS)
        self.passes(seconds)
        if isinstance(scene.end, errors.GovcloudError):
            raise scene.end
        if scene.end is not None:
            yield scene.end
        elif self.version > version and told < scene.events:
            yield json.dumps({"type": "BOOKMARK", "object": _bookmark(self.version)}).encode()

    def _asked(self, path: str) -> tuple[str, dict[str, str]]:
        self.requests.append(path)
        self._fail()
        url = urlsplit(path)
        kind = next(kind for kind, known in PATHS.items() if known == url.path)
        return kind, {key: values[0] for key, values in parse_qs(url.query).items()}

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def look(self) -> None:
        """Take note of what differs from the last time."""
        for kind in PATHS:
            before, now = self._known[kind], {_key(each): each for each in self.lists.get(kind, [])}
            assert len(now) == len(self.lists.get(kind, [])), "two objects of one name"
            for key, wire in now.items():
                if key not in before:
                    self._happen(kind, "ADDED", wire)
                elif _plain(before[key]) != wire:
                    self._happen(kind, "MODIFIED", wire)
            for key in [key for key in before if key not in now]:
                self._happen(kind, "DELETED", before[key])

    def _happen(self, kind: str, type_: str, wire: Wire) -> None:
        self.version += 1
        versioned = wire | {"metadata": wire["metadata"] | {"resourceVersion": str(self.version)}}
        self._known[kind].pop(_key(wire), None)
        if type_ != "DELETED":
            self._known[kind][_key(wire)] = json.loads(json.dumps(versioned))
        self._events.append((self.version, kind, json.dumps({"type": type_, "object": versioned}).encode()))


def page(items: list[Wire], token: str = "", version: int = 7) -> bytes:
    """A list as the API server writes it, with fields that the exporter does not know."""
    metadata = {"resourceVersion": str(version)} | ({"continue": token, "remainingItemCount": 1} if token else {})
    return json.dumps({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}).encode()


def _bookmark(version: int) -> Wire:
    """As the API server fills it: fields of the kind, and nothing in them."""
    metadata = {"resourceVersion": str(version), "creationTimestamp": None}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": None}, "status": {}}


def _key(wire: Wire) -> tuple[str, str]:
    return wire["metadata"].get("namespace", ""), wire["metadata"]["name"]


def _plain(wire: Wire) -> Wire:
    metadata = {key: value for key, value in wire["metadata"].items() if key != "resourceVersion"}
    return wire | {"metadata": metadata}
