"""The source `kubernetes`: follows seven kinds and sums up what their stores hold, without asking for anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from govcloud_api import labels
from govcloud_monitoring.efficiency.inputs import UseRatio
from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.snapshot import Lists, Snapshot, summarise
from govcloud_monitoring.kubernetes.values import Pod, Waiting
from govcloud_monitoring.services import parse as services
from govcloud_monitoring.watch import standing
from govcloud_monitoring.watch.follower import Follower, Terms
from govcloud_monitoring.watch.wire import Kind

NAMESPACES = Kind(name="Namespace", path="/api/v1/namespaces", page=parse.namespaces, change=parse.namespace)
NODES = Kind(name="Node", path="/api/v1/nodes", page=parse.nodes, change=parse.node)
QUOTAS = Kind(name="ResourceQuota", path="/api/v1/resourcequotas", page=parse.quotas, change=parse.quota)
CLAIMS = Kind(
    name="PersistentVolumeClaim", path="/api/v1/persistentvolumeclaims", page=parse.claims, change=parse.claim
)
PODS = Kind(name="Pod", path="/api/v1/pods", page=parse.pods, change=parse.pod)
_OURS = f"/apis/{labels.API_VERSION}"
INSTANCES = Kind(
    name="ServiceInstance",
    path=f"{_OURS}/serviceinstances",
    page=services.instances,
    change=services.instance,
)
OFFERINGS = Kind(
    name="ServiceOffering",
    path=f"{_OURS}/serviceofferings",
    page=services.offerings,
    change=services.offering,
)
KINDS = tuple(kind.name for kind in (NAMESPACES, NODES, QUOTAS, CLAIMS, PODS, INSTANCES, OFFERINGS))
Ratios = Mapping[str, UseRatio]
"""By namespace."""


class KubernetesReader:
    """A follower of each kind, and what they know."""

    def __init__(self, terms: Terms, ratios: Callable[[], Ratios | None] = lambda: None) -> None:
        """`ratios` tells what is known of use, None while that is nothing; it asks nobody."""
        self._terms = terms
        self._ratios = ratios
        self._namespaces = Follower(NAMESPACES, terms)
        self._nodes = Follower(NODES, terms)
        self._quotas = Follower(QUOTAS, terms)
        self._claims = Follower(CLAIMS, terms)
        self._pods = Follower(PODS, terms)
        self._instances = Follower(INSTANCES, terms)
        self._offerings = Follower(OFFERINGS, terms)
        self.followers: tuple[Follower[Any], ...] = (
            self._namespaces,
            self._nodes,
            self._quotas,
            self._claims,
            self._pods,
            self._instances,
            self._offerings,
        )
        self._seen: tuple[tuple[int, ...], Ratios] = ((), {})
        self._snapshot: Snapshot | None = None

    def read(self) -> Snapshot:
        """The sums of now: the same object as before while nothing changed.

        Raises ApiUnavailable when what is known of any kind may not be shown: half a truth is none.
        """
        standings = [each.standing for each in self.followers]
        standing.require_true(standings, self._terms.now(), stale_seconds=self._terms.stale_seconds)
        # Read before the values: what changes between the two is summed up again next time.
        seen = tuple(each.store.changes for each in self.followers), self._ratios() or {}
        if self._snapshot is None or seen != self._seen:
            self._snapshot, self._seen = summarise(self._lists(seen[1])), seen
        return self._snapshot

    def heard_at(self) -> float:
        """When all kinds had been heard of, in monotonic seconds."""
        return standing.heard_at(each.standing for each in self.followers)

    def idle_seconds(self) -> float:
        """Time since the slowest follower last did anything."""
        return max(each.idle_seconds() for each in self.followers)

    def _lists(self, ratios: Ratios) -> Lists:
        pods = self._pods.store.values()
        return Lists(
            namespaces=self._namespaces.store.values(),
            nodes=self._nodes.store.values(),
            quotas=self._quotas.store.values(),
            claims=self._claims.store.values(),
            pods=tuple(each for each in pods if isinstance(each, Pod)),
            waiting=tuple(each for each in pods if isinstance(each, Waiting)),
            ratios=ratios,
            instances=self._instances.store.values(),
            offerings=self._offerings.store.values(),
        )
