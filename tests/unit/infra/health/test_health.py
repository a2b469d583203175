"""Conditions of a site from what the cluster says, nothing else."""

from typing import Any

import pytest

from govcloud_infra.health import health
from govcloud_kube.memory import MemoryCluster

Object = dict[str, Any]


def node(name: str, ready: str = "True") -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def workload(
    kind: str = "Deployment", *, namespace: str = "kube-system", spec: Object | None = None, **status: int
) -> Object:
    metadata = {"name": kind.lower(), "namespace": namespace, "generation": 2}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec or {}, "status": status}


def department(name: str, *, ready: str = "True", observed: int = 1) -> Object:
    conditions = [{"type": "Ready", "status": ready}]
    return {
        "apiVersion": health.GROUP,
        "kind": "Department",
        "metadata": {"name": name, "generation": 1},
        "spec": {},
        "status": {"conditions": conditions, "observedGeneration": observed},
    }


RUNNING = workload(readyReplicas=1, updatedReplicas=1, observedGeneration=2)
DAEMON = {"desiredNumberScheduled": 3, "observedGeneration": 2}


NAME = "deployment kube-system/deployment"


def judged(
    *, workload_names: frozenset[str] = frozenset({NAME}), codes: frozenset[str] = frozenset({"tax"}),
    **observed: list[Object],
) -> dict[str, health.Condition]:  # fmt: skip
    """Conditions of a site that should show node w1, these workloads and these departments, and shows `observed`."""
    good: dict[str, list[Object]] = {"nodes": [node("w1")], "workloads": [RUNNING], "departments": [department("tax")]}
    expected = health.Expected(nodes=("w1",), workloads=workload_names, departments=codes)
    found = health.conditions(health.Observed(**{**good, **observed}), expected)
    return {condition.type: condition for condition in found}


def test_all_is_well_and_ready_is_the_last_word() -> None:
    found = judged()
    assert {condition.status for condition in found.values()} == {"True"}
    assert list(found) == ["NodesReady", "PlatformReady", "DepartmentsReady", "Ready"]
    assert found["Ready"].plain() == {
        "type": "Ready", "status": "True", "reason": "AllReady", "message": "everything runs as promised",
    }  # fmt: skip


@pytest.mark.parametrize(
    "nodes",
    [[], [node("w2")], [node("w1", "False")], [node("w1", "Unknown")], [{"metadata": {"name": "w1"}}]],
    ids=["none", "another", "not ready", "silent", "never reported"],
)
def test_a_node_that_is_not_ready(nodes: list[Object]) -> None:
    found = judged(nodes=nodes)
    assert (found["NodesReady"].status, found["NodesReady"].reason) == ("False", "NodeNotReady")
    assert found["NodesReady"].message.startswith("not ready: w1; is the machine on?")
    assert found["Ready"].status == "False"
    assert found["Ready"].message == found["NodesReady"].message


@pytest.mark.parametrize(
    ("item", "runs"),
    [
        (RUNNING, True),
        (workload(readyReplicas=2, updatedReplicas=2, observedGeneration=2, spec={"replicas": 2}), True),
        (workload(observedGeneration=2, spec={"replicas": 0}), True),
        (workload(), False),
        (workload(readyReplicas=1, updatedReplicas=1, observedGeneration=2, spec={"replicas": 2}), False),
        (workload(readyReplicas=1, updatedReplicas=1, observedGeneration=1), False),
        (workload(readyReplicas=1, updatedReplicas=0, observedGeneration=2), False),
        (workload("StatefulSet", readyReplicas=1, updatedReplicas=1, observedGeneration=2), True),
        (workload("StatefulSet", readyReplicas=1, observedGeneration=2), False),
        (workload("DaemonSet", **DAEMON, numberReady=3, updatedNumberScheduled=3), True),
        (workload("DaemonSet", **DAEMON, numberReady=2, updatedNumberScheduled=3), False),
        (workload("DaemonSet", **DAEMON, numberReady=3, updatedNumberScheduled=1), False),
        (workload("DaemonSet"), False),
    ],
)  # fmt: skip
def test_a_service_runs_when_all_its_pods_are_ready_and_new(item: Object, runs: bool) -> None:
    found = judged(workloads=[item], workload_names=frozenset({health.workload_name(item)}))["PlatformReady"]
    assert (found.status == "True") is runs
    if not runs:
        assert found.message == f"waiting for {item['kind'].lower()} kube-system/{item['metadata']['name']}"


def test_no_service_at_all_is_not_ready() -> None:
    assert judged(workloads=[])["PlatformReady"].reason == "NotInstalled"


@pytest.mark.parametrize(
    ("workloads", "text"),
    [
        ([RUNNING], "waiting for daemonset kube-system/cilium"),
        ([workload(namespace="local-path-storage"), RUNNING],
         "waiting for daemonset kube-system/cilium, deployment local-path-storage/deployment"),
    ],
    ids=["all else runs", "another one waits"],
)  # fmt: skip
def test_a_service_that_is_gone_shows(workloads: list[Object], text: str) -> None:
    found = judged(workloads=workloads, workload_names=frozenset({NAME, "daemonset kube-system/cilium"}))
    assert found["PlatformReady"].message == text
    assert (found["PlatformReady"].status, found["PlatformReady"].reason) == ("False", "WorkloadNotReady")
    assert (found["Ready"].status, found["Ready"].message) == ("False", text)


def test_a_service_of_another_kind_or_place_is_no_substitute() -> None:
    daemon = workload("DaemonSet", **DAEMON, numberReady=3, updatedNumberScheduled=3)
    elsewhere = workload(namespace="govcloud-node", readyReplicas=1, updatedReplicas=1, observedGeneration=2)
    assert judged(workloads=[daemon, elsewhere])["PlatformReady"].message == f"waiting for {NAME}"


def test_a_long_list_of_waiting_services_is_cut() -> None:
    waiting = [workload(namespace=f"n{number}") for number in range(6)]
    found = judged(workloads=waiting, workload_names=frozenset(map(health.workload_name, waiting)))
    assert found["PlatformReady"].message.endswith("n4/deployment and others")


@pytest.mark.parametrize(
    "item",
    [department("tax", ready="False"), department("tax", observed=0), {"metadata": {"name": "tax", "generation": 1}}],
    ids=["not ready", "not looked at since its change", "never looked at"],
)
def test_a_department_that_is_not_ready(item: Object) -> None:
    found = judged(departments=[item, department("civil")])
    assert found["DepartmentsReady"].message == "not ready: tax"
    assert found["Ready"].reason == "DepartmentNotReady"


@pytest.mark.parametrize(
    ("departments", "text"),
    [
        ([], "not ready: civil, tax"),
        ([department("tax")], "not ready: civil"),
        ([department("tax"), department("health", ready="False")], "not ready: civil, health"),
    ],
    ids=["none", "one of two", "and another one waits"],
)
def test_a_department_that_is_gone_shows(departments: list[Object], text: str) -> None:
    found = judged(departments=departments, codes=frozenset({"tax", "civil"}))
    assert (found["DepartmentsReady"].status, found["DepartmentsReady"].message) == ("False", text)
    assert (found["Ready"].status, found["Ready"].message) == ("False", text)


def test_a_site_without_departments_is_well() -> None:
    assert judged(departments=[], codes=frozenset())["DepartmentsReady"].status == "True"


@pytest.mark.parametrize(
    ("statuses", "ready"),
    [(["True", "True"], "True"), (["True", "Unknown"], "Unknown"), (["Unknown", "False"], "False"), ([], "True")],
)
def test_summary(statuses: list[health.Status], ready: str) -> None:
    parts = [health.Condition(type=f"T{n}", status=s, reason=f"R{n}", message="") for n, s in enumerate(statuses)]
    assert health.summary(parts).status == ready


def test_observe_reads_shared_services_only_and_departments_once_their_kind_is_there() -> None:
    tenant = workload(namespace="tax-forms-sandbox")
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("tax-forms-sandbox",)]
    cluster = MemoryCluster([node("w1"), *spaces, tenant, RUNNING, department("tax")])
    found = health.observe(cluster)
    assert [item["metadata"]["namespace"] for item in found.workloads] == ["kube-system"]
    assert found.departments == []
    name = {"name": "departments.govcloud.internal"}
    cluster.seed({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": name})
    assert [item["metadata"]["name"] for item in health.observe(cluster).departments] == ["tax"]
    assert cluster.writes == []
