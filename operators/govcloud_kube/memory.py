"""`Cluster` in memory: generation, resourceVersion, uid, field ownership, finalizers, namespaces that must exist.

Held to the same contract suite as the real one (tests/contract). Knows no schemas and no admission policies.
"""

from __future__ import annotations

import copy
import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from govcloud_api import conditions, errors
from govcloud_kube import cluster, fields, selectors
from govcloud_kube.cluster import Object, Objects, Ref

_BORN_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_SERVER_FIELDS = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "managedFields"}
)
_Owners = dict[tuple[str, str], set[fields.Path]]
_UPDATE = "update"


@dataclass(slots=True)
class _Entry:
    obj: Object
    owners: _Owners = field(default_factory=dict)


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class MemoryCluster:
    """A whole cluster in a dict. `writes` lists (verb, Ref) of every write call, for tests of "no writes".

    `writers` has the user of each of them, empty for its own name. Knows no rights: whoever it acts as may do all.
    """

    def __init__(
        self,
        objects: Iterable[Object] = (),
        *,
        raw_answers: Mapping[str, bytes] | None = None,
        clock: Callable[[], datetime] = _wall_clock,
    ) -> None:
        """Starts with `objects` (their `status` is kept) and the namespaces every cluster is born with."""
        self.writes: list[tuple[str, Ref]] = []
        self.writers: list[str] = []
        self._user = ""
        self._entries: dict[Ref, _Entry] = {}
        self._raw_answers = dict(raw_answers or {})
        self._clock = clock
        self._versions = itertools.count(1)
        self._lock = threading.RLock()
        for name in _BORN_NAMESPACES:
            self.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for obj in objects:
            self.seed(obj)

    def seed(self, obj: Object) -> Object:
        """Put an object there with its status, as if it had always been; not counted in `writes`."""
        with self._lock:
            ref = cluster.ref_of(obj)
            stored = self._store_new(ref, obj, {})
            if "status" in obj:
                stored.obj["status"] = copy.deepcopy(obj["status"])
            return copy.deepcopy(stored.obj)

    def acting_as(self, user: str) -> Self:
        """See `Cluster.acting_as`; the same objects under another name."""
        other = copy.copy(self)
        other._user = user
        return other

    def get(self, ref: Ref) -> Object | None:
        """See `Cluster.get`."""
        with self._lock:
            entry = self._entries.get(ref)
            return copy.deepcopy(entry.obj) if entry else None

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """See `Cluster.list`; selectors are `a=b,c` (equality and existence), order is by namespace and name."""
        with self._lock:
            found = [
                entry.obj
                for ref, entry in self._entries.items()
                if (ref.api_version, ref.kind) == (api_version, kind)
                and namespace in (None, ref.namespace)
                and selectors.has_labels(entry.obj, label_selector)
                and selectors.has_fields(entry.obj, field_selector)
            ]
            ordered = sorted(found, key=lambda o: (o["metadata"].get("namespace", ""), o["metadata"]["name"]))
            return copy.deepcopy(ordered)

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        with self._lock:
            ref = self._noted("apply", cluster.ref_of(obj), dry_run=dry_run)
            wanted = _owned_part(obj)
            entry = self._entries.get(ref)
            if entry is None:
                if "uid" in obj["metadata"]:
                    raise errors.Conflict(f"apply {ref}: it has a uid, yet no such object exists (HTTP 409)")
                self._require_namespace(ref)
                owners = {(field_manager, ""): set(fields.leaves(wanted))}
                return self._kept(ref, self._fresh(ref, wanted, owners), dry_run=dry_run)
            _require(entry.obj, obj["metadata"].get("uid"), obj["metadata"].get("resourceVersion"), f"apply {ref}")
            merged = _applied(entry, wanted, (field_manager, ""), force=force, what=f"apply {ref}")
            return self._replace(ref, entry, merged, dry_run=dry_run)

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`. `generateName` is honoured, and a SelfSubjectReview is answered."""
        if obj["kind"] == "SelfSubjectReview":
            return obj | {"status": {"userInfo": {"username": self._user}}}
        with self._lock:
            named = copy.deepcopy(obj)
            if "name" not in named["metadata"]:
                named["metadata"]["name"] = f"{named['metadata'].pop('generateName')}{uuid.uuid4().hex[:5]}"
            ref = self._noted("create", cluster.ref_of(named), dry_run=dry_run)
            if ref in self._entries:
                raise errors.Conflict(f"create {ref}: it already exists (HTTP 409)")
            self._require_namespace(ref)
            wanted = _owned_part(named)
            fresh = self._fresh(ref, wanted, {(_UPDATE, ""): set(fields.leaves(wanted))})
            return self._kept(ref, fresh, dry_run=dry_run)

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        with self._lock:
            ref = self._noted("patch_status", cluster.ref_of(obj), dry_run=False)
            entry = self._entries.get(ref)
            if entry is None:
                raise errors.NotFound(f"write status of {ref}: it is not there (HTTP 404)")
            _require(entry.obj, obj["metadata"].get("uid"), None, f"write status of {ref}")
            wanted = {"status": copy.deepcopy(obj["status"])}
            merged = _applied(entry, wanted, (field_manager, "status"), force=True, what=f"status of {ref}")
            return self._replace(ref, entry, merged, dry_run=False)

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`. A namespace takes its objects along and waits for those with finalizers."""
        with self._lock:
            self._noted("delete", ref, dry_run=False)
            entry = self._entries.get(ref)
            if entry is None:
                return False
            _require(entry.obj, uid, resource_version, f"delete {ref}")
            if "deletionTimestamp" not in entry.obj["metadata"]:
                self._bump(entry.obj)
                entry.obj["metadata"]["deletionTimestamp"] = conditions.timestamp(self._clock())
            if ref.kind == "Namespace":
                for inner in [inner for inner in self._entries if inner.namespace == ref.name]:
                    self._entries[inner].obj["metadata"]["deletionTimestamp"] = conditions.timestamp(self._clock())
                    self._collect(inner)
            self._collect(ref)
            return True

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        """The answer given at construction for `path`. Raises NotFound for any other."""
        if path not in self._raw_answers:
            raise errors.NotFound(f"{method} {path}: this cluster in memory has no answer for it (HTTP 404)")
        return self._raw_answers[path]

    def _noted(self, verb: str, ref: Ref, *, dry_run: bool) -> Ref:
        if not dry_run:
            self.writes.append((verb, ref))
            self.writers.append(self._user)
        return ref

    def _require_namespace(self, ref: Ref) -> None:
        if ref.namespace is None:
            return
        home = self._entries.get(Ref("v1", "Namespace", ref.namespace))
        if home is None:
            raise errors.NotFound(f"{ref}: namespace {ref.namespace} is not there (HTTP 404)")
        if "deletionTimestamp" in home.obj["metadata"]:
            raise errors.Forbidden(f"{ref}: namespace {ref.namespace} is being terminated (HTTP 403)")

    def _store_new(self, ref: Ref, obj: Object, owners: _Owners) -> _Entry:
        entry = self._fresh(ref, obj, owners)
        self._entries[ref] = entry
        return entry

    def _fresh(self, ref: Ref, obj: Object, owners: _Owners) -> _Entry:
        born = {key: copy.deepcopy(value) for key, value in obj.items() if key != "status"}
        born["metadata"] = born["metadata"] | {
            "uid": str(uuid.uuid4()),
            "resourceVersion": str(next(self._versions)),
            "creationTimestamp": conditions.timestamp(self._clock()),
        }
        if "spec" in born:
            born["metadata"]["generation"] = 1
        return _Entry(born, owners)

    def _kept(self, ref: Ref, entry: _Entry, *, dry_run: bool) -> Object:
        if not dry_run:
            self._entries[ref] = entry
        return copy.deepcopy(entry.obj)

    def _replace(self, ref: Ref, before: _Entry, after: _Entry, *, dry_run: bool) -> Object:
        if after.obj == before.obj:
            if not dry_run:
                before.owners = after.owners
            return copy.deepcopy(before.obj)
        self._bump(after.obj)
        if after.obj.get("spec") != before.obj.get("spec"):
            after.obj["metadata"]["generation"] = before.obj["metadata"].get("generation", 0) + 1
        kept = self._kept(ref, after, dry_run=dry_run)
        if not dry_run:
            self._collect(ref)
        return kept

    def _bump(self, obj: Object) -> None:
        obj["metadata"]["resourceVersion"] = str(next(self._versions))

    def _collect(self, ref: Ref) -> None:
        """Remove an object that waits for deletion once nothing holds it; its namespace may go with it."""
        if ref not in self._entries:
            return
        metadata = self._entries[ref].obj["metadata"]
        if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
            return
        if ref.kind == "Namespace" and any(inner.namespace == ref.name for inner in self._entries):
            return
        del self._entries[ref]
        home = Ref("v1", "Namespace", ref.namespace) if ref.namespace else None
        if home in self._entries:
            self._collect(home)


def _applied(entry: _Entry, wanted: Object, owner: tuple[str, str], *, force: bool, what: str) -> _Entry:
    """A copy of `entry` after `owner` applied `wanted`; fields it no longer names go unless somebody owns them."""
    obj = copy.deepcopy(entry.obj)
    owners = {key: set(paths) for key, paths in entry.owners.items()}
    asked = set(fields.leaves(wanted))
    before = owners.get(owner, set())
    for other, paths in owners.items():
        taken = {path for path in paths & asked if fields.at(obj, path) != fields.at(wanted, path)}
        if other != owner and taken and not force:
            raise errors.Conflict(f"{what}: {'.'.join(min(taken))} belongs to {other[0]} (HTTP 409)")
        if other != owner:
            owners[other] = paths - taken
    owners[owner] = asked
    for path in fields.removal_order(before - asked):
        if not any(path in paths for paths in owners.values()):
            obj = fields.without(obj, path)
    return _Entry(fields.merged(obj, wanted), owners)


def _owned_part(obj: Object) -> Object:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_FIELDS}
    return copy.deepcopy({key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata})


def _require(live: Object, uid: str | None, resource_version: str | None, what: str) -> None:
    metadata = live["metadata"]
    if uid not in (None, metadata["uid"]) or resource_version not in (None, metadata["resourceVersion"]):
        raise errors.Conflict(f"{what}: precondition failed, it is another object or another version (HTTP 409)")
