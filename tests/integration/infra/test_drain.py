"""A node is emptied through a real API server: budgets are respected, and no object is made by accident."""

from itertools import count
from typing import Any

import pytest

from govcloud_api.errors import ToolFailed
from govcloud_infra.nodes import drain, scale
from govcloud_kube.cluster import Cluster, Ref
from support.apiserver import ApiServer, apiserver

__all__ = ["apiserver"]


_numbers = count(1)


class Place:
    """A ready node that nobody runs, and a namespace, both of one test's own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        number = next(_numbers)
        self.node, self.namespace = f"w{number}", f"drained-{number}"
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        metadata = {"name": "default", "namespace": self.namespace}
        cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, field_manager="test")
        named = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.node}}
        made = cluster.create({**named, "metadata": {"name": self.node, "labels": {"zone": "a"}}})
        moment = made["metadata"]["creationTimestamp"]
        ready = {"type": "Ready", "status": "True", "reason": "x", "message": "", "lastTransitionTime": moment}
        status = {"conditions": [{**ready, "lastHeartbeatTime": moment}]}
        cluster.patch_status({**named, "status": status}, field_manager="test")

    def pod(self, name: str, **more: Any) -> None:
        metadata = {"name": name, "namespace": self.namespace, "labels": {"app": name}, **more}
        container = {"name": "c", "image": "registry.govcloud.internal/x:1"}
        # Without a kubelet only a pod that needs no time to end can end at all.
        spec = {"nodeName": self.node, "containers": [container], "terminationGracePeriodSeconds": 0}
        self.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})

    def runs(self, name: str) -> None:
        """What its kubelet would say: only a pod that runs is guarded by a budget."""
        named = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": self.namespace}}
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        self.cluster.patch_status({**named, "status": status}, field_manager="test")

    def pods(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.cluster.list("v1", "Pod", namespace=self.namespace)}


@pytest.fixture
def place(apiserver: ApiServer) -> Place:
    return Place(apiserver.admin())


def owned(kind: str) -> dict[str, Any]:
    return {"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": "x", "uid": "u", "controller": True}]}


def test_a_node_is_closed_emptied_and_forgotten(place: Place) -> None:
    cluster = place.cluster
    for name, kind in (("web", "ReplicaSet"), ("agent", "DaemonSet")):
        place.pod(name, **owned(kind))
    drain.cordon(cluster, place.node)
    node = cluster.get(drain.node_ref(place.node))
    assert node is not None
    assert node["spec"]["unschedulable"] is True
    assert node["metadata"]["labels"]["zone"] == "a"
    steps: list[str] = []
    drain.evict(cluster, place.node, steps.append, drain.Patience(timeout_seconds=30))
    assert place.pods() == {"agent"}
    assert steps[0].startswith(f"{place.node} is not empty: pod {place.namespace}/web")
    drain.forget(cluster, place.node)
    assert cluster.get(drain.node_ref(place.node)) is None
    drain.forget(cluster, place.node)


def test_a_budget_keeps_a_pod_and_is_named(place: Place) -> None:
    cluster = place.cluster
    place.pod("database", **owned("StatefulSet"))
    place.runs("database")
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "database"}}}
    metadata = {"name": "database", "namespace": place.namespace}
    made = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}
    cluster.create({**made, "spec": budget})
    status = {
        "observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1,
    }  # fmt: skip
    cluster.patch_status({**made, "status": status}, field_manager="test")
    steps: list[str] = []
    with pytest.raises(ToolFailed, match="/database is kept by its disruption budget; gave up after 2 s"):
        drain.evict(cluster, place.node, steps.append, drain.Patience(timeout_seconds=2))
    assert steps[-1] == f"{place.node} is not empty: pod {place.namespace}/database is kept by its disruption budget"
    assert place.pods() == {"database"}


def test_what_a_local_disk_holds_is_found(place: Place) -> None:
    cluster = place.cluster
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk", "namespace": place.namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv-drained",
            "storageClassName": "",
        },
    }  # fmt: skip
    made = cluster.create(claim)
    rule = {"key": "kubernetes.io/hostname", "operator": "In", "values": [place.node]}
    reference = {"namespace": place.namespace, "name": "disk", "uid": made["metadata"]["uid"]}
    spec = {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "local": {"path": "/x"},
        "claimRef": reference,
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}},
    }  # fmt: skip
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-drained"}, "spec": spec}
    cluster.create(volume)
    found = drain.look(cluster, place.node)
    assert found.lost == [f"volume of claim {place.namespace}/disk"]
    assert scale.local_volumes("another", cluster.list("v1", "PersistentVolume")) == []
    drain.delete_claims(cluster, found.claims, lambda _text: None)
    drain.forget(cluster, place.node)
    gone = cluster.get(Ref("v1", "PersistentVolume", "pv-drained"))
    assert gone is None or "deletionTimestamp" in gone["metadata"]
