"""Is the cloud as promised? Conditions from what the cluster says; nothing is remembered. The judgement is pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from govcloud_api.conditions import holds
from govcloud_infra.components.manifests import workload_name
from govcloud_kube.cluster import Cluster, Object, Ref

Status = Literal["True", "False", "Unknown"]
GROUP = "govcloud.internal/v1alpha1"
PLATFORM_NAMESPACES = (
    "kube-system",
    "local-path-storage",
    "govcloud-system",
    "govcloud-monitoring",
    "govcloud-node",
    "govcloud-ingress",
    "govcloud-backups",
)
# What the playbook installs; the rest is expected from the manifests of the platform program.
CORE_WORKLOADS = frozenset(
    {
        "daemonset kube-system/cilium",
        "deployment kube-system/cilium-operator",
        "deployment kube-system/coredns",
        "deployment kube-system/metrics-server",
        "deployment local-path-storage/local-path-provisioner",
    }
)
# True, yet somebody should look: reasons that are shown as warnings.
EXPIRING, STALE = "ExpiresSoon", "StaleInPart"
WARNINGS = frozenset({EXPIRING, STALE})
ORDER = (
    "ApiReachable",
    "NodesReady",
    "EtcdHealthy",
    "DnsAnswers",
    "ServicesReachable",
    "NetworkPolicyEnforced",
    "StorageWritable",
    "CertificatesValid",
    "SnapshotRecent",
    "SecretsEncrypted",
    "AuditWritten",
    "PlatformReady",
    "DepartmentsReady",
)
QUICK = ("ApiReachable", "NodesReady", "PlatformReady", "DepartmentsReady")
_REPLICA_COUNTERS = ("readyReplicas", "updatedReplicas")
_DAEMON_COUNTERS = ("numberReady", "updatedNumberScheduled")
_WORKLOADS = (("apps/v1", "Deployment"), ("apps/v1", "DaemonSet"), ("apps/v1", "StatefulSet"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """As metav1.Condition, for the site as a whole."""

    type: str
    status: Status
    reason: str
    message: str

    def plain(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def condition(kind: str, status: Status, reason: str, message: str) -> Condition:
    """The same, for those who make many."""
    return Condition(type=kind, status=status, reason=reason, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must be there, so that something that is gone shows; workloads like `deployment kube-system/coredns`."""

    nodes: tuple[str, ...]
    workloads: frozenset[str]
    departments: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Live objects of one moment."""

    nodes: list[Object]
    workloads: list[Object]
    departments: list[Object]


def observe(cluster: Cluster) -> Observed:
    """Read everything once. Raises the errors of `Cluster`."""
    workloads = [
        item
        for api_version, kind in _WORKLOADS
        for item in cluster.list(api_version, kind)
        if item["metadata"]["namespace"] in PLATFORM_NAMESPACES
    ]
    return Observed(
        nodes=cluster.list("v1", "Node"),
        workloads=workloads,
        departments=cluster.list(GROUP, "Department") if _serves_group(cluster) else [],
    )


def conditions(observed: Observed, expected: Expected) -> list[Condition]:
    """Ready last, as the summary of all others."""
    parts = [
        _nodes(observed.nodes, list(expected.nodes)),
        _platform(observed.workloads, expected.workloads),
        _departments(observed.departments, expected.departments),
    ]
    return [*parts, summary(parts)]


def in_order(parts: Iterable[Condition]) -> list[Condition]:
    """As people read them, from the ground up, Ready last."""
    ordered = sorted(parts, key=lambda part: ORDER.index(part.type))
    return [*ordered, summary(ordered)]


def summary(parts: Iterable[Condition]) -> Condition:
    """Ready: True when every part is."""
    failing = [part for part in parts if part.status != "True"]
    if not failing:
        return Condition(type="Ready", status="True", reason="AllReady", message="everything runs as promised")
    status: Status = "False" if any(part.status == "False" for part in failing) else "Unknown"
    return Condition(type="Ready", status=status, reason=failing[0].reason, message=failing[0].message)


def _nodes(nodes: list[Object], expected: list[str]) -> Condition:
    ready = {node["metadata"]["name"] for node in nodes if holds(node, "Ready")}
    missing = [name for name in expected if name not in ready]
    if missing:
        text = f"not ready: {', '.join(missing)}; is the machine on? `govcloud deploy` powers it on"
        return Condition(type="NodesReady", status="False", reason="NodeNotReady", message=text)
    return Condition(type="NodesReady", status="True", reason="AllReady", message=f"{len(expected)} nodes are ready")


def _platform(workloads: list[Object], expected: frozenset[str]) -> Condition:
    missing = expected - {workload_name(item) for item in workloads}
    waiting = sorted({*missing, *_waiting(workloads)})
    if not workloads:
        return Condition(
            type="PlatformReady", status="False", reason="NotInstalled", message="nothing is installed yet"
        )
    if waiting:
        text = f"waiting for {', '.join(waiting[:5])}{' and others' if len(waiting) > 5 else ''}"
        return Condition(type="PlatformReady", status="False", reason="WorkloadNotReady", message=text)
    return Condition(
        type="PlatformReady", status="True", reason="AllReady", message=f"{len(workloads)} shared services run"
    )


def _departments(departments: list[Object], expected: frozenset[str]) -> Condition:
    missing = expected - {item["metadata"]["name"] for item in departments}
    waiting = {*missing, *(item["metadata"]["name"] for item in departments if not _is_current(item))}
    if waiting:
        text = f"not ready: {', '.join(sorted(waiting))}"
        return Condition(type="DepartmentsReady", status="False", reason="DepartmentNotReady", message=text)
    text = f"{len(departments)} departments have their home"
    return Condition(type="DepartmentsReady", status="True", reason="AllReady", message=text)


def _waiting(workloads: list[Object]) -> Iterator[str]:
    for item in workloads:
        status, wanted = item.get("status") or {}, _wanted(item)
        # Ready pods of the version before do not count: behind them the new one may never start.
        counters = _DAEMON_COUNTERS if item["kind"] == "DaemonSet" else _REPLICA_COUNTERS
        seen = status.get("observedGeneration", 0) >= item["metadata"].get("generation", 0)
        if not seen or any(status.get(counter, 0) < wanted for counter in counters):
            yield workload_name(item)


def _wanted(item: Object) -> int:
    if item["kind"] == "DaemonSet":
        return int((item.get("status") or {}).get("desiredNumberScheduled", 1))
    return int(item["spec"].get("replicas", 1))


def _is_current(item: Object) -> bool:
    status: dict[str, Any] = item.get("status") or {}
    return holds(item, "Ready") and status.get("observedGeneration") == item["metadata"].get("generation")


def _serves_group(cluster: Cluster) -> bool:
    name = "departments.govcloud.internal"
    return cluster.get(Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)) is not None
