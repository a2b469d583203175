"""One writer at a time: a Lease that is renewed, and a fence that every write passes.

The holder stops writing `FENCE_SECONDS` after its last renewal, long before a second operator may take over
(`DURATION_SECONDS`): a request that is on its way then ends within the gap. Times are monotonic and local; the wall
clock of another machine is never compared. Source of the scheme: client-go tools/leaderelection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster

NAME = "govcloud-operator"
DURATION_SECONDS = 60
FENCE_SECONDS = 20.0
RENEW_SECONDS = 5.0
LOOKS = 2
"""A write that was refused may be our own: stored, but its answer lost. Another look tells whose it is."""
_FIELD_MANAGER = f"{labels.OPERATOR_FIELD_MANAGER}-lease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Monotonic seconds for decisions, wall time for people."""

    monotonic: Callable[[], float]
    wall: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A version of the Lease and the local moment it was first seen."""

    version: str
    at_seconds: float


class Lease:
    """The operator's Lease as one process sees it. Safe to ask from several threads."""

    def __init__(self, cluster: Cluster, *, identity: str, namespace: str, clocks: Clocks) -> None:
        """`identity` must be of one process only."""
        self._cluster = cluster
        self._identity = identity
        self._ref = Ref("coordination.k8s.io/v1", "Lease", NAME, namespace)
        self._now = clocks.monotonic
        self._clock = clocks.wall
        self._renewed_at: float | None = None
        self._seen: _Seen | None = None
        self._lock = threading.Lock()

    def held(self) -> bool:
        """True while this process may write."""
        with self._lock:
            return self._renewed_at is not None and self._now() - self._renewed_at < FENCE_SECONDS

    def require(self) -> None:
        """The gate of all writes (`govcloud_kube.gate`): raises NotReady without the lease."""
        if not self.held():
            raise errors.NotReady("the lease is not held, so nothing is written", delay_seconds=RENEW_SECONDS)

    def try_take(self) -> bool:
        """Take or renew; False while another process holds it. Raises Conflict when no look told, and as a read does.

        After a time without renewal it is taken again like one that was never held.
        """
        for _ in range(LOOKS):
            started = self._now()
            live = self._cluster.get(self._ref)
            if live is not None and not self._may_take(live):
                return False
            try:
                self._write(live, self._identity)
            except errors.Conflict:
                continue
            with self._lock:
                self._renewed_at = started
            return True
        raise errors.Conflict(f"the lease changed under {LOOKS} looks; the next renewal tells who holds it")

    def release(self) -> None:
        """Let the next one in at once. Raises what the cluster raises."""
        with self._lock:
            self._renewed_at = None
        live = self._cluster.get(self._ref)
        if live is not None and live["spec"].get("holderIdentity") == self._identity:
            self._write(live, "")

    def _may_take(self, live: Object) -> bool:
        holder, version = live["spec"].get("holderIdentity") or "", live["metadata"]["resourceVersion"]
        if holder in ("", self._identity):
            return True
        if self._seen is None or self._seen.version != version:
            self._seen = _Seen(version, self._now())
            return False
        return self._now() - self._seen.at_seconds >= DURATION_SECONDS

    def _write(self, live: Object | None, holder: str) -> None:
        metadata = {"name": self._ref.name, "namespace": self._ref.namespace}
        before = (live or {}).get("spec") or {}
        moved = before.get("holderIdentity") != holder
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": DURATION_SECONDS,
            "leaseTransitions": int(before.get("leaseTransitions") or 0) + (1 if moved else 0),
            # Only people read it; it also makes every renewal change the object, which is what others watch for.
            "renewTime": self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        lease: Object = {"apiVersion": self._ref.api_version, "kind": "Lease", "metadata": metadata, "spec": spec}
        if live is None:
            self._cluster.create(lease)
            return
        lease["metadata"] = metadata | {"resourceVersion": live["metadata"]["resourceVersion"]}
        self._cluster.apply(lease, field_manager=_FIELD_MANAGER)
