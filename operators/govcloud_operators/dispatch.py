"""Key -> the reconcile of its kind, with what that needs; and the list of all keys for the resync."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from govcloud_api import labels
from govcloud_kube import Cluster
from govcloud_operators.department import reconcile as department
from govcloud_operators.environment import reconcile as environment
from govcloud_operators.environment_request import reconcile as environment_request
from govcloud_operators.keys import Enqueue, Key

KINDS = ("Department", "EnvironmentRequest", "Environment")


class Allocations:
    """One lock a department: whoever gives out its quota holds it from the count to the write."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def of(self, home_namespace: str) -> Iterator[None]:
        """Alone with the department's quota; others wait."""
        with self._guard:
            lock = self._locks[home_namespace]
        with lock:
            yield


class Dispatcher:
    """Runs in worker threads; holds no state about objects."""

    def __init__(self, cluster: Cluster, around: environment.Surroundings) -> None:
        self._cluster = cluster
        self._around = around
        self._allocations = Allocations()
        self._enqueue: Enqueue = _nowhere
        self._kinds: dict[str, Callable[[Key], float | None]] = {
            "Department": self._department,
            "DepartmentFanOut": self._fan_out,
            "EnvironmentRequest": self._request,
            "Environment": self._environment,
        }

    def connect(self, enqueue: Enqueue) -> None:
        """Where keys found while working go; must be safe to call from threads."""
        self._enqueue = enqueue

    def work(self, key: Key) -> float | None:
        """Reconcile one key; see `queue.Work`. Raises GovcloudError."""
        return self._kinds[key.kind](key)

    def all_keys(self) -> list[Key]:
        """Every object of our kinds. Raises GovcloudError."""
        found = [(kind, obj["metadata"]) for kind in KINDS for obj in self._cluster.list(labels.API_VERSION, kind)]
        return [Key(kind, metadata.get("namespace"), metadata["name"]) for kind, metadata in found]

    def _department(self, key: Key) -> float | None:
        return department.reconcile(self._cluster, key.name, self._around.clock())

    def _fan_out(self, key: Key) -> None:
        """What a department's change may touch: its requests (quota, suspension) and environments (people)."""
        home = labels.home_namespace(key.name)
        for kind in ("EnvironmentRequest", "Environment"):
            for obj in self._cluster.list(labels.API_VERSION, kind, namespace=home):
                self._enqueue(Key(kind, home, obj["metadata"]["name"]))

    def _request(self, key: Key) -> float | None:
        home = key.namespace or ""
        with self._allocations.of(home):
            ref = environment_request.request_ref(home, key.name)
            return environment_request.reconcile(self._cluster, ref, self._around.clock)

    def _environment(self, key: Key) -> float | None:
        ref = environment.environment_ref(key.namespace or "", key.name)
        return environment.reconcile(self._cluster, ref, self._around)


def _nowhere(_key: Key) -> None:
    """Before `connect`."""
