"""What somebody with a department's account tries against the cluster, each with what keeps it from working. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_api import labels
from govcloud_kube import Object
from support import places
from support.places import container, pod, workload
from support.pod_security import CLAIM

NO_RIGHT = "cannot [a-z]+ resource"
CILIUM = "belong to the network"
MARKS = "leave such tolerations out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One object that somebody tries to make, and the words that it is refused with."""

    name: str
    obj: Object
    said: str = NO_RIGHT


def attempts(mine: places.Place, prey: places.Place) -> list[Attempt]:
    """All of them, as somebody of `mine`."""
    return [
        *_pods(mine),
        *_network(mine, prey),
        *_identity(mine),
        *_storage(mine),
        *_cluster(mine),
        *_holding_on(mine),
        *_workloads(mine, prey),
    ]


def simple(namespace: str, version: str, kind: str, /, name: str = "mine", **rest: Any) -> Object:
    """An object of the namespace; "" is the cluster."""
    metadata: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata | rest.pop("metadata", {}), **rest}


def _pods(mine: places.Place) -> Iterator[Attempt]:
    """Pods that are more than they seem, or go where they shall not."""

    def one(name: str, said: str, *, metadata: Object | None = None, **spec: Any) -> Attempt:
        obj = pod(mine.work, "mine", **spec)
        return Attempt(name=name, obj=obj | {"metadata": obj["metadata"] | (metadata or {})}, said=said)

    marks = (
        ("everything", {"operator": "Exists"}),
        ("the control plane", {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}),
        ("a machine kept for another department", {"key": "dedicated", "operator": "Equal", "value": "prey"}),
        ("a machine that is being emptied", {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}),
        ("a machine without its network", {"key": "node.cilium.io/agent-not-ready", "operator": "Exists"}),
    )
    for name, toleration in marks:
        yield one(f"pod that bears {name}", MARKS, tolerations=[toleration])
    windows = {"securityContext": {"runAsNonRoot": True}, "containers": [{"name": "c", "image": places.IMAGE}]}
    yield one("pod on a machine of one's choice", "passes the scheduler by", nodeName="cp1")
    yield one("pod that says it is Windows", "runs Windows", os={"name": "windows"}, **windows)
    note = {"kubernetes.io/config.mirror": "0"}
    yield one("pod that says it is a kubelet's file", "belong to kubelets|mirror", metadata={"annotations": note})
    for label in ("io.cilium.k8s.policy.cluster", "io.kubernetes.pod.namespace"):
        yield one(f"pod with label {label}", CILIUM, metadata={"labels": {label: "kube-system"}})
    for note_name in ("cni.cilium.io/mac-address", "policy.cilium.io/proxy-visibility"):
        yield one(f"pod with annotation {note_name}", CILIUM, metadata={"annotations": {note_name: "x"}})
    digest = f"docker.io/library/nginx@sha256:{'0' * 64}"
    yield one("pod of another registry by digest", "is not from registry", containers=[container(digest)])
    upper = f"{labels.REGISTRY}.evil.example/x@sha256:{'0' * 64}"
    yield one("pod of a registry with a like name", "is not from registry", containers=[container(upper)])
    yield one("pod as an account of another department", "not found", serviceAccountName="tenant-prey")
    debug = {"hostPID": True, "hostNetwork": True, "volumes": [{"name": "host", "hostPath": {"path": "/"}}]}
    yield one("pod of kubectl debug node", "restricted", **debug)
    yield one(
        "pod that takes the priority of the cluster",
        "leave priorityClassName out",
        priorityClassName="system-node-critical",
    )


def _network(mine: places.Place, prey: places.Place) -> Iterator[Attempt]:
    """Ways round the closed network."""
    slice_ = {"addressType": "IPv4", "ports": [{"port": 443}]}
    for what, address in {
        "the API server": "10.96.0.1",
        "the metadata service": "169.254.169.254",
        "the machine itself": "127.0.0.1",
        "the control plane": "10.77.0.11",
    }.items():
        points = slice_ | {"endpoints": [{"addresses": [address]}]}
        yield Attempt(
            name=f"EndpointSlice to {what}", obj=simple(mine.work, "discovery.k8s.io/v1", "EndpointSlice", **points)
        )
        subsets = [{"addresses": [{"ip": address}], "ports": [{"port": 443}]}]
        yield Attempt(name=f"Endpoints to {what}", obj=simple(mine.work, "v1", "Endpoints", subsets=subsets))
    ports = [{"port": 80}]
    for kind, more in {
        "ExternalName": {"externalName": f"web.{prey.work}.svc"},
        "NodePort": {},
        "LoadBalancer": {"loadBalancerClass": "example.com/any"},
    }.items():
        spec = {"type": kind, "ports": ports} | more
        yield Attempt(
            name=f"Service of type {kind}", obj=simple(mine.work, "v1", "Service", spec=spec), said="use ClusterIP"
        )
    outside = {"externalIPs": ["10.96.0.10"], "ports": ports}
    yield Attempt(
        name="Service with the address of DNS", obj=simple(mine.work, "v1", "Service", spec=outside), said="externalIPs"
    )
    note = {"annotations": {"service.cilium.io/global": "true"}}
    global_ = simple(mine.work, "v1", "Service", metadata=note, spec={"ports": ports})
    yield Attempt(name="Service in every cluster", obj=global_, said="steer the network")
    wide = {"podSelector": {}, "ingress": [{}], "egress": [{}]}
    yield Attempt(name="NetworkPolicy", obj=simple(mine.work, "networking.k8s.io/v1", "NetworkPolicy", spec=wide))
    yield Attempt(
        name="IngressClass", obj=simple("", "networking.k8s.io/v1", "IngressClass", spec={"controller": "x.example/y"})
    )
    foreign = places.ingress(mine.work, f"www.{prey.code}.example", ingressClassName="govcloud-copy")
    yield Attempt(name="Ingress for another's host", obj=foreign, said="was not granted")


def _identity(mine: places.Place) -> Iterator[Attempt]:
    """More rights, or another name."""
    rbac = "rbac.authorization.k8s.io"
    aggregated = {"labels": {f"{rbac}/aggregate-to-{role}": "true" for role in ("admin", "edit", "view")}}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    yield Attempt(name="Role", obj=simple(mine.work, f"{rbac}/v1", "Role", metadata=aggregated, rules=rules))
    yield Attempt(
        name="ClusterRole that joins others",
        obj=simple("", f"{rbac}/v1", "ClusterRole", metadata=aggregated, rules=rules),
    )
    request = {"request": "AA==", "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
    csr = "certificates.k8s.io/v1"
    yield Attempt(name="certificate of one's own", obj=simple("", csr, "CertificateSigningRequest", spec=request))
    note = {"annotations": {"kubernetes.io/service-account.name": "default"}}
    token = simple(mine.work, "v1", "Secret", metadata=note, type="kubernetes.io/service-account-token")
    yield Attempt(name="token that never ends", obj=token, said="never ends")
    for version, kind in (("v1", "Event"), ("events.k8s.io/v1", "Event"), ("coordination.k8s.io/v1", "Lease")):
        for namespace in (mine.work, "default", "kube-node-lease", labels.SYSTEM_NAMESPACE):
            lease = {"spec": {"holderIdentity": "me"}} if kind == "Lease" else {}
            name = "govcloud-operator" if kind == "Lease" else "mine"
            yield Attempt(
                name=f"{kind} of {version} in {namespace}", obj=simple(namespace, version, kind, name=name, **lease)
            )
    trust = simple(mine.work, "v1", "ConfigMap", name="kube-root-ca.crt", data={"ca.crt": "mine"})
    yield Attempt(name="authority that pods trust", obj=trust, said="the cluster keeps it")


def _storage(mine: places.Place) -> Iterator[Attempt]:
    """Data that others left or have."""
    for name, spec, said in (
        ("claim on a volume of others", {"volumeName": "pv-of-prey"}, "cannot pick a volume"),
        ("claim by labels", {"selector": {"matchLabels": {"of": "prey"}}}, "cannot pick a volume"),
        ("claim on what is there", {"storageClassName": ""}, "storage class ''"),
    ):
        claim = simple(mine.work, "v1", "PersistentVolumeClaim", spec=CLAIM | spec)
        yield Attempt(name=name, obj=claim, said=said)
    for note, value in (
        ("volume.beta.kubernetes.io/storage-class", ""),
        ("volume.kubernetes.io/selected-node", "cp1"),
        ("pv.kubernetes.io/bind-completed", "yes"),
    ):
        noted = simple(mine.work, "v1", "PersistentVolumeClaim", metadata={"annotations": {note: value}}, spec=CLAIM)
        yield Attempt(name=f"claim with annotation {note}", obj=noted, said="belong to the cluster")
    local = {"hostPath": {"path": "/"}, "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
    yield Attempt(name="volume of a machine", obj=simple("", "v1", "PersistentVolume", spec=local))
    yield Attempt(name="storage class", obj=simple("", "storage.k8s.io/v1", "StorageClass", provisioner="x.example/y"))
    attached = {"attacher": "x.example", "nodeName": "w1", "source": {"persistentVolumeName": "pv"}}
    yield Attempt(name="volume on a machine", obj=simple("", "storage.k8s.io/v1", "VolumeAttachment", spec=attached))


def _cluster(mine: places.Place) -> Iterator[Attempt]:
    """Rules and machines of the whole cluster, and kinds that were never thought of for departments."""
    admission = "admissionregistration.k8s.io/v1"
    for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy", "ValidatingWebhookConfiguration"):
        yield Attempt(name=kind, obj=simple("", admission, kind, spec={}))
    yield Attempt(name="PriorityClass", obj=simple("", "scheduling.k8s.io/v1", "PriorityClass", value=1000000000))
    yield Attempt(name="Node", obj=simple("", "v1", "Node"))
    yield Attempt(name="RuntimeClass", obj=simple("", "node.k8s.io/v1", "RuntimeClass", handler="runc"))
    flow = "flowcontrol.apiserver.k8s.io/v1"
    yield Attempt(
        name="queue of one's own",
        obj=simple("", flow, "FlowSchema", spec={"priorityLevelConfiguration": {"name": "exempt"}}),
    )
    for version, kind in (("resource.k8s.io/v1", "ResourceClaim"), ("resource.k8s.io/v1", "ResourceClaimTemplate")):
        yield Attempt(name=f"{kind} of a device", obj=simple(mine.work, version, kind, spec={}))
    yield Attempt(name="ReplicationController", obj=simple(mine.work, "v1", "ReplicationController", spec={}))
    yield Attempt(name="ResourceQuota", obj=simple(mine.work, "v1", "ResourceQuota", spec={"hard": {"pods": "1000"}}))
    yield Attempt(name="LimitRange", obj=simple(mine.work, "v1", "LimitRange", spec={"limits": []}))


def _holding_on(mine: places.Place) -> Iterator[Attempt]:
    """What would keep an environment from ending, or a machine from being emptied."""
    holds = {"finalizers": ["evil.example/mine"]}
    for kind in ("ConfigMap", "Secret"):
        held = simple(mine.work, "v1", kind, metadata=holds)
        yield Attempt(name=f"{kind} that never goes", obj=held, said="from ever being removed")
    stuck = {"finalizers": ["batch.kubernetes.io/job-tracking"]}
    for name, metadata in (("never goes", holds), ("waits for a Job that is not there", stuck)):
        obj = pod(mine.work, "mine")
        held = obj | {"metadata": obj["metadata"] | metadata}
        yield Attempt(name=f"pod that {name}", obj=held, said="from ever being removed")
    for name, spec in {
        "no pod": {"maxUnavailable": 0},
        "no percent": {"maxUnavailable": "0%"},
        "all": {"minAvailable": "100%"},
        "many": {"minAvailable": 1000},
        "nothing said": {},
    }.items():
        given = {"selector": {}} | spec
        budget = simple(mine.work, "policy/v1", "PodDisruptionBudget", spec=given)
        yield Attempt(name=f"budget: {name}", obj=budget, said="machines can be emptied")


def _workloads(mine: places.Place, prey: places.Place) -> Iterator[Attempt]:
    """Controllers as tools."""
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "svc-db"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 9}
    scaler = simple(mine.work, "autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)
    yield Attempt(name="autoscaler of a service", obj=scaler, said="scaled by its plan")
    moved = workload(mine.work, "Deployment", "mine")
    yield Attempt(name="Deployment elsewhere", obj=moved | {"metadata": {"name": "mine", "namespace": prey.work}})
