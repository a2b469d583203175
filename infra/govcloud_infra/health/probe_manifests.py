"""What `health` puts into the cluster for a moment: a namespace of its own, pods that try things out. Pure.

Labels and annotations stay out of the groups that belong to the operator (`govcloud.internal/`, `state.…`): admission
policies keep everybody else from them, and neither operator nor monitoring takes these objects for a department's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from govcloud_api import conditions, labels
from govcloud_kube.cluster import Object, Ref

PREFIX = "govcloud-probe-"
LABELS = {"app.kubernetes.io/name": "govcloud-probe", labels.MANAGED_BY: "govcloud-health"}
UNTIL = "probe.govcloud.internal/until"
OWNER = "probe.govcloud.internal/owner"
PORT = 8080
CANARY = Ref("apps/v1", "Deployment", "isolation-canary", labels.SYSTEM_NAMESPACE)
SHELL_IMAGE = f"{labels.REGISTRY}/busybox:1"
CLUSTER_NAME = "kubernetes.default.svc.cluster.local"
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_USER = 65532
_DISK = "/probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the server and who looks at it run: two nodes where there are two."""

    server: str
    client: str
    on_control_plane: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything the manifests depend on. `probe_image` is netprobe, pinned as the cluster itself runs it."""

    namespace: str
    placement: Placement
    probe_image: str


def placement(nodes: Iterable[Object]) -> Placement | None:
    """Workers that take pods, else control planes; None when no node does."""
    usable = sorted((node for node in nodes if _takes_pods(node)), key=lambda node: str(node["metadata"]["name"]))
    workers = [node for node in usable if not _is_control_plane(node)]
    names = [str(node["metadata"]["name"]) for node in workers or usable]
    if not names:
        return None
    return Placement(server=names[0], client=names[-1], on_control_plane=not workers)


def probe_image(canary: Object | None, version: str) -> str:
    """The image that the isolation canary runs: it is in the site's registry for certain; else by tag."""
    spec = ((canary or {}).get("spec") or {}).get("template", {}).get("spec") or {}
    containers = spec.get("containers") or []
    return str(containers[0]["image"]) if containers else f"{labels.REGISTRY}/netprobe:{version}"


def has_default_class(classes: Iterable[Object]) -> bool:
    """Does a claim without a class get a volume?"""
    return any((item["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for item in classes)


def namespace(name: str, *, owner: str, until: int) -> Object:
    """Shut like any tenant's (PSA restricted); `until` is the Unix second after which it is a leftover."""
    security = {
        labels.PSA_ENFORCE: "restricted",
        labels.PSA_ENFORCE_VERSION: labels.PSA_VERSION,
    }
    metadata = {"name": name, "labels": LABELS | security, "annotations": {OWNER: owner, UNTIL: str(until)}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def server(plan: Plan) -> Object:
    """Answers on `PORT`."""
    probe = {"tcpSocket": {"port": PORT}, "periodSeconds": 1}
    container = _container(plan.probe_image, args=["serve", "--listen", f":{PORT}"], readinessProbe=probe)
    return _pod(plan, "server", container, node=plan.placement.server)


def service(plan: Plan) -> Object:
    """The server's name and address within the cluster."""
    spec = {"selector": {"probe": "server"}, "ports": [{"port": PORT, "targetPort": PORT, "protocol": "TCP"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(plan, "server"), "spec": spec}


def service_name(plan: Plan) -> str:
    """Full name of the service."""
    return f"server.{plan.namespace}.svc.cluster.local"


def client(plan: Plan, name: str, expectation: str, targets: Sequence[str]) -> Object:
    """Looks once at all `targets` (`dns:NAME`, `tcp:HOST:PORT`), which must all `allow` or all `deny`."""
    wishes = [word for target in targets for word in (f"--{expectation}", target)]
    container = _container(plan.probe_image, args=["check", *wishes, "--hold", "0s", "--timeout", "2s"])
    return _pod(plan, name, container, node=plan.placement.client)


def default_deny(plan: Plan) -> Object:
    """Nobody gets into the server."""
    spec = {"podSelector": {"matchLabels": {"probe": "server"}}, "policyTypes": ["Ingress"]}
    metadata = _metadata(plan, "default-deny")
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def claim(plan: Plan) -> Object:
    """A small volume of the default storage class."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": _metadata(plan, "disk"), "spec": spec}


def writer(plan: Plan) -> Object:
    """Writes the namespace's name into a file of the volume, down to the disk."""
    return _on_disk(plan, "writer", f'printf %s "$TOKEN" > {_DISK}/token && sync {_DISK}/token')


def reader(plan: Plan) -> Object:
    """Ends with the content of that file as its last words."""
    return _on_disk(plan, "reader", f"cat {_DISK}/token > /dev/termination-log")


def _on_disk(plan: Plan, name: str, script: str) -> Object:
    container = _container(
        SHELL_IMAGE,
        command=["sh", "-c", script],
        env=[{"name": "TOKEN", "value": plan.namespace}],
        volumeMounts=[{"name": "disk", "mountPath": _DISK}],
    )
    pod = _pod(plan, name, container, node=None)
    pod["spec"]["volumes"] = [{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]
    return pod


def _pod(plan: Plan, name: str, container: Object, *, node: str | None) -> Object:
    tolerations = [{"key": _CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}]
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": tolerations if plan.placement.on_control_plane else [],
        "containers": [container],
    }
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(plan, name), "spec": spec}


def _container(image: str, **more: Any) -> Object:
    tiny = {"cpu": "10m", "memory": "16Mi"}
    return {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": tiny, "limits": {"cpu": "200m", "memory": "32Mi"}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **more,
    }


def _metadata(plan: Plan, name: str) -> Object:
    return {"name": name, "namespace": plan.namespace, "labels": LABELS | {"probe": name}}


def _is_control_plane(node: Object) -> bool:
    return _CONTROL_PLANE in (node["metadata"].get("labels") or {})


def _takes_pods(node: Object) -> bool:
    spec = node.get("spec") or {}
    shut = [
        taint
        for taint in spec.get("taints") or []
        if taint.get("effect") in ("NoSchedule", "NoExecute") and taint["key"] != _CONTROL_PLANE
    ]
    return conditions.holds(node, "Ready") and not spec.get("unschedulable") and not shut
