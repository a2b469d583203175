"""What pods run, what ties them to their machines, and the figures of efficiency that come of it."""

from __future__ import annotations

import pytest

from govcloud_api import labels
from govcloud_monitoring.kubernetes import parse, placed
from govcloud_monitoring.kubernetes.placing import Placement
from govcloud_monitoring.kubernetes.pods import Amount
from govcloud_monitoring.kubernetes.snapshot import Lists, summarise
from govcloud_monitoring.kubernetes.values import Namespace, Node, Pod
from support.monitoring import Wire, container, page, pod

CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
OWN = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}
SCRATCH = {"name": "tmp", "emptyDir": {}}
ALONE = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}
        ]
    }
}
PREFERRED = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}}


def owned(wire: Wire, kind: str, name: str, **own_labels: str) -> Wire:
    wire["metadata"]["ownerReferences"] = [{"kind": kind, "name": name, "controller": True, "uid": "u"}]
    wire["metadata"]["labels"] = own_labels
    return wire


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (pod("p", "ns"), Placement(images=("x",))),
        (owned(pod("p", "ns"), "DaemonSet", "agent"), Placement("agent", images=("x",), tie="daemon")),
        (owned(pod("p", "ns"), "Node", "cp1"), Placement("cp1", images=("x",), tie="machine")),
        (owned(pod("p", "ns"), "StatefulSet", "db"), Placement("db", images=("x",))),
        (
            owned(pod("p", "ns"), "ReplicaSet", "web-6f9", **{"pod-template-hash": "6f9"}),
            Placement("web", images=("x",)),
        ),
        (pod("p", "ns", volumes=[SCRATCH, CLAIM]), Placement(images=("x",), tie="machine", claims=("data",))),
        (pod("p", "ns", volumes=[SCRATCH, OWN]), Placement(images=("x",), claims=("p-scratch",))),
        (pod("p", "ns", volumes=[SCRATCH]), Placement(images=("x",))),
        (
            owned(pod("p", "ns", affinity=ALONE), "StatefulSet", "db"),
            Placement("db", images=("x",), apart="ns/db"),
        ),
        (owned(pod("p", "ns", affinity=PREFERRED), "StatefulSet", "db"), Placement("db", images=("x",))),
        (
            owned(pod("p", "ns"), "StatefulSet", "svc-db", **{labels.SERVICE: "db"}),
            Placement("svc-db", "db", images=("x",)),
        ),
    ],
)
def test_what_ties_a_pod_to_its_machine(wire: Wire, expected: Placement):
    [found] = parse.pods(page([wire])).items
    assert isinstance(found, Pod)
    assert found.placement == expected


def scheduled(*wires: Wire) -> tuple[Pod, ...]:
    return tuple(each for each in parse.pods(page(wires)).items if isinstance(each, Pod))


@pytest.mark.parametrize(
    ("image", "engine"),
    [
        ("registry.example:5000/govcloud/postgresql:15.20@sha256:" + "a" * 64, ("postgresql", "15.20")),
        ("redis:7.0.15", ("redis", "7.0.15")),
        ("redis", ("redis", "")),
        ("NOT AN IMAGE", ("NOT AN IMAGE", "")),
    ],
)
def test_a_service_is_known_by_its_image(image: str, engine: tuple[str, str]):
    assert placed.engine_of(image) == engine


def test_the_same_kind_of_service_in_two_departments_is_a_duplicate_and_no_image():
    def database(department: str) -> Wire:
        labelled = {labels.SERVICE: "db"}
        image = container("db", "500m", "1Gi", image="registry/postgresql:15.20")
        return owned(pod("db-0", f"{department}-a-test", image), "StatefulSet", "svc-db", **labelled)

    spaces = tuple(Namespace(f"{code}-a-test", code, "test", "a") for code in ("tax", "roads"))
    pods = scheduled(database("tax"), database("roads"))
    node = Node("n1", "workers", "ready", 4000, Amount(4000, 8 << 30))
    found = summarise(Lists(namespaces=spaces, nodes=(node,), pods=pods)).efficiency.duplicates
    [(group, kind)] = found
    assert kind == "service"
    assert group.startswith("postgresql")
    assert found[group, kind].instances == 2


def test_a_pool_that_is_half_empty_could_give_machines_up():
    nodes = tuple(Node(f"n{n}", "workers", "ready", 4000, Amount(4000, 8 << 30)) for n in range(4))
    pods = scheduled(*(pod(f"p{n}", "tax-a-test", container("c", "500m", "1Gi"), node=f"n{n}") for n in range(4)))
    found = summarise(Lists(nodes=nodes, pods=pods)).efficiency.pools["workers"]
    assert found.reclaimable_machines == {"requests": 2}
    assert found.largest_fit == Amount(3500, 7 << 30)
