"""Emptying a node, on a cluster in memory that evicts as the API server does."""

import re
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, NotFound, ToolFailed
from govcloud_infra.nodes import drain
from govcloud_kube.cluster import Object, Ref
from govcloud_kube.memory import MemoryCluster

PATH = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/eviction")
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
OFF = {"conditions": [{"type": "Ready", "status": "Unknown"}]}


class Evicting(MemoryCluster):
    """Pods named in `slow` end after so many looks, those in `kept` are guarded by a budget for so many asks."""

    def __init__(
        self, objects: list[Object], *, slow: dict[str, int] | None = None, kept: dict[str, int] | None = None
    ) -> None:
        super().__init__(objects)
        self.slow, self.kept = dict(slow or {}), dict(kept or {})
        self.asked: list[str] = []
        self._ending: dict[Ref, int] = {}

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        found = PATH.fullmatch(path)
        assert found
        assert method == "POST"
        assert body is not None
        reference = Ref("v1", "Pod", found[2], found[1])
        pod = self.get(reference)
        self.asked.append(found[2])
        if pod is None:
            raise NotFound(f"{reference} (HTTP 404)")
        assert body["deleteOptions"]["preconditions"]["uid"] == pod["metadata"]["uid"]
        if self.kept.get(found[2], 0) > 0:
            self.kept[found[2]] -= 1
            raise ApiUnavailable("Cannot evict pod as it would violate the pod's disruption budget. (HTTP 429)")
        self._ending[reference] = self.slow.get(found[2], 0)
        return b"{}"

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[Object]:
        for reference, looks in list(self._ending.items()):
            self._ending[reference] = looks - 1
            if looks <= 0:
                del self._ending[reference]
                self.delete(reference)
        found = super().list(
            api_version, kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector
        )
        ending = {reference.name for reference in self._ending}
        marked = [item for item in found if item["metadata"]["name"] in ending]
        for item in marked:
            item["metadata"]["deletionTimestamp"] = "2026-11-25T08:00:00Z"
        return found


def node(status: dict[str, Any] = READY) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w1"}, "spec": {}, "status": status}


def pod(name: str) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "u", "controller": True}
    metadata = {"name": name, "namespace": "default", "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": "w1"}}


class Clock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def patience(self, timeout_seconds: float) -> drain.Patience:
        return drain.Patience(timeout_seconds=timeout_seconds, sleep=self._sleep, clock=lambda: self.now)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_closed_node_takes_no_new_pods_and_keeps_its_labels() -> None:
    labelled = node()
    labelled["metadata"]["labels"] = {"zone": "a"}
    cluster = MemoryCluster([labelled])
    drain.cordon(cluster, "w1")
    found = cluster.get(drain.node_ref("w1"))
    assert found is not None
    assert found["spec"] == {"unschedulable": True}
    assert found["metadata"]["labels"] == {"zone": "a"}


def test_every_pod_is_asked_once_and_waited_for() -> None:
    cluster, steps = Evicting([node(), pod("a"), pod("b")], slow={"b": 6}), list[str]()
    drain.evict(cluster, "w1", steps.append, Clock().patience(60))
    assert cluster.list("v1", "Pod") == []
    assert cluster.asked == ["a", "b"]
    assert steps[0] == "w1 is not empty: pod default/a is ending, and 1 more"
    assert steps[-1] == "w1 is not empty: pod default/b is ending"


def test_a_budget_is_respected_until_it_allows() -> None:
    cluster, steps = Evicting([node(), pod("a"), pod("b")], kept={"b": 3}), list[str]()
    drain.evict(cluster, "w1", steps.append, Clock().patience(60))
    assert cluster.list("v1", "Pod") == []
    assert cluster.asked == ["a", "b", "b", "b", "b"]
    assert "w1 is not empty: pod default/b is kept by its disruption budget" in steps


def test_a_budget_that_never_allows_ends_with_the_reason() -> None:
    cluster = Evicting([node(), pod("a"), pod("b")], kept={"b": 10_000})
    with pytest.raises(ToolFailed) as caught:
        drain.evict(cluster, "w1", lambda _text: None, Clock().patience(30))
    assert str(caught.value) == (
        "w1 is not empty: pod default/b is kept by its disruption budget; gave up after 30 s; it takes no new pods "
        "meanwhile. Run the command again to go on, or: kubectl uncordon w1"
    )
    assert [item["metadata"]["name"] for item in cluster.list("v1", "Pod")] == ["b"]


@pytest.mark.parametrize("objects", [[node(OFF), pod("a")], [pod("a")]], ids=["off", "gone"])
def test_on_a_node_that_is_off_nothing_is_waited_for(objects: list[Object]) -> None:
    cluster, steps = Evicting(objects), list[str]()
    drain.evict(cluster, "w1", steps.append, Clock().patience(60))
    assert cluster.asked == []
    assert steps == ["w1 is off: its pods are started elsewhere once it is out of the cluster"]


def volume(name: str, host: str) -> Object:
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": [host]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": {"nodeAffinity": affinity}}


def test_a_forgotten_node_takes_its_own_volumes_along_and_may_be_forgotten_again() -> None:
    cluster = MemoryCluster([node(), volume("mine", "w1"), volume("other", "w2")])
    for _ in range(2):
        drain.forget(cluster, "w1")
        assert cluster.list("v1", "Node") == []
        assert [item["metadata"]["name"] for item in cluster.list("v1", "PersistentVolume")] == ["other"]


def test_claims_that_are_lost_are_deleted() -> None:
    claims = [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "default"}}
        for name in ("lost", "kept")
    ]
    cluster, steps = MemoryCluster(claims), list[str]()
    found = cluster.list("v1", "PersistentVolumeClaim")
    drain.delete_claims(cluster, [item for item in found if item["metadata"]["name"] == "lost"], steps.append)
    assert [item["metadata"]["name"] for item in cluster.list("v1", "PersistentVolumeClaim")] == ["kept"]
    assert steps == ["delete claim default/lost"]
