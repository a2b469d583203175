"""The 23 checks of the multi-tenancy benchmarks, each as each of five departments against the other four.

Source: github.com/kubernetes-retired/multi-tenancy, benchmarks (ids and titles; drafts have the number of their issue,
or none). They were written for PodSecurityPolicies and ended in 2021, so what is done is written anew. Where a check
asks for self-service, a department asks with an EnvironmentRequest; what would give it the right itself is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, manifests, places, pod_security, samples, standing
from support.schema_cases import changed, put

CODES = ("amber", "beryl", "coral", "drift", "ember")
RBAC = "rbac.authorization.k8s.io/v1"
NETWORK = "networking.k8s.io/v1"
MERGE = "application/merge-patch+json"
PICKED = "cannot pick a volume"
OWN_ROLE = "govcloud:environment-owner"
FOREIGN_KINDS = ("pods", "secrets", "configmaps", "services", "serviceaccounts", "persistentvolumeclaims")
CLUSTER_PATHS = (
    *(f"/api/v1/{kind}" for kind in ("namespaces", "nodes", "persistentvolumes", "secrets", "pods", "configmaps")),
    *(f"/apis/{RBAC}/{kind}" for kind in ("clusterroles", "clusterrolebindings")),
    *("/apis/storage.k8s.io/v1/storageclasses", "/apis/scheduling.k8s.io/v1/priorityclasses"),
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    *(f"/apis/{labels.API_VERSION}/{kind}" for kind in ("departments", "environmentrequests", "serviceinstances")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One department's turn."""

    me: places.Place
    others: tuple[places.Place, ...]
    admin: Cluster

    @property
    def owner(self) -> Cluster:
        """Whoever has most rights in the department."""
        return self.me.person("owner")

    def pod(self, **spec: Any) -> Object:
        """A pod of this department."""
        return places.pod(self.me.work, "mine", **spec)

    def request(self, **spec: Any) -> Object:
        """A request to change this department's environment."""
        asked = changed(
            samples.CHANGE, put("metadata.namespace", self.me.home), put("spec.environmentRef", "portal-prod")
        )
        return changed(asked, *[put(f"spec.{field}", value) for field, value in ({"quota": None} | spec).items()])


Check = Callable[[Round], None]
CHECKS: list[tuple[str, str, Check]] = []


def check(number: str, title: str) -> Callable[[Check], Check]:
    """Adds a function to the list, under the benchmark's own id and title."""

    def add(function: Check) -> Check:
        CHECKS.append((number, title, function))
        return function

    return add


@pytest.fixture(scope="module")
def rounds(server: apiserver.ApiServer, admin: Cluster) -> dict[str, Round]:
    """Five departments as the operator leaves them."""
    every = standing.departments(server, CODES)
    return {p.code: Round(me=p, others=tuple(o for o in every if o != p), admin=admin) for p in every}


def forbidden(call: Callable[..., object], *args: object, said: str | None = None, **keys: object) -> None:
    """It is refused for lack of a right, or by Pod Security or a quota."""
    with pytest.raises(errors.Forbidden, match=said):
        call(*args, **keys)


def refused(call: Callable[..., object], *args: object, said: str) -> None:
    """It is refused by an admission policy."""
    with pytest.raises(errors.InvalidSpec, match=said):
        call(*args)


def breaks(now: Round, reason: str) -> None:
    """Every pod of the table that breaks this control is refused for it, and a harmless one is not."""
    assert now.owner.create(pod_security.harmless(now.me.work, "mine"), dry_run=True)
    cases = [case for case in pod_security.forbidden() if case.reason == reason]
    assert cases
    for case in cases:
        forbidden(now.owner.create, case.of(pod_security.harmless(now.me.work, "mine")), said="restricted")


@check("MTB-PL1-CC-CPI-1", "Block access to cluster resources")
def cluster_resources(now: Round) -> None:
    for path in CLUSTER_PATHS:
        forbidden(now.owner.raw, "GET", path)
        forbidden(now.owner.raw, "DELETE", f"{path}/any?dryRun=All")


@check("MTB-PL1-BC-CPI-2", "Block access to multitenant resources")
def multitenant_resources(now: Round) -> None:
    where = now.me.work
    kinds = (("v1", "ResourceQuota"), ("v1", "LimitRange"), (NETWORK, "NetworkPolicy"), (RBAC, "RoleBinding"))
    found = [obj for version, kind in kinds for obj in now.admin.list(version, kind, namespace=where)]
    assert {obj["kind"] for obj in found} == {kind for _, kind in kinds}
    for obj in found:
        noted = {key: obj[key] for key in ("apiVersion", "kind")} | {"metadata": {"name": obj["metadata"]["name"]}}
        noted["metadata"] |= {"namespace": where, "annotations": {"mine": "now"}}
        forbidden(now.owner.apply, noted, field_manager="me")
        ref = Ref(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], where)
        forbidden(now.owner.delete, ref)
        assert now.admin.get(ref)


@check("#1197", "Block access to other tenant resources")
def other_tenants(now: Round) -> None:
    for other in now.others:
        for kind in FOREIGN_KINDS:
            for path in (f"/api/v1/namespaces/{where}/{kind}" for where in (other.home, other.work)):
                forbidden(now.owner.raw, "GET", path)
                forbidden(now.owner.raw, "DELETE", f"{path}/any?dryRun=All")
        forbidden(now.owner.create, places.pod(other.work, "intruder"))
        asked = changed(now.request(), put("metadata.namespace", other.home))
        forbidden(now.owner.create, asked)


@check("MTB-PL1-BC-CPI-3", "Block add capabilities")
def capabilities(now: Round) -> None:
    breaks(now, "unrestricted capabilities")


@check("MTB-PL1-CC-DI-1", "Require always imagePullPolicy")
def pull_policy(now: Round) -> None:
    """Asked for so that nobody runs an image that others may pull and left on a machine. Images that need credentials
    come from other registries, and those run here under no policy of pulling."""
    for policy in ("Never", "IfNotPresent", "Always"):
        image = places.container("private.example/secret:1") | {"imagePullPolicy": policy}
        refused(now.owner.create, now.pod(containers=[image]), said="is not from registry")


@check("MTB-PL1-BC-CPI-4", "Require run as non-root user")
def non_root(now: Round) -> None:
    breaks(now, "runAsNonRoot != true")
    breaks(now, "runAsUser=0")


@check("MTB-PL1-BC-CPI-5", "Block privileged containers")
def privileged(now: Round) -> None:
    breaks(now, "privileged")


@check("MTB-PL1-BC-CPI-6", "Block privilege escalation")
def escalation(now: Round) -> None:
    breaks(now, "allowPrivilegeEscalation != false")


def hard(now: Round) -> dict[str, str]:
    """What the quotas of the environment limit."""
    found = now.admin.list("v1", "ResourceQuota", namespace=now.me.work)
    return {name: amount for quota in found for name, amount in quota["spec"]["hard"].items()}


@check("MTB-PL1-CC-FNS-1", "Configure namespace resource quotas")
def resource_quotas(now: Round) -> None:
    limited = {"requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "requests.storage", "pods"}
    assert limited <= set(hard(now))
    hungry = places.container() | {"resources": {"limits": {"memory": "64Gi"}}}
    forbidden(now.owner.create, now.pod(containers=[hungry]), said="exceeded quota")


@check("MTB-PL1-CC-FNS-2", "Configure namespace object limits")
def object_limits(now: Round) -> None:
    role = now.admin.get(Ref(RBAC, "ClusterRole", OWN_ROLE))
    assert role is not None
    makes = {
        f"{kind}.{group}".rstrip(".")
        for rule in role["rules"]
        if "create" in rule["verbs"]
        for group in rule["apiGroups"]
        for kind in rule["resources"]
        if "/" not in kind
    }
    assert {"pods", "deployments.apps", "servicebindings.govcloud.internal"} <= makes
    counted = {name.removeprefix("count/") for name in hard(now)}
    assert makes - counted == set(), "of these a department can make as many as it likes"


@check("MTB-PL1-BC-HI-1", "Block use of host path volumes")
def host_path(now: Round) -> None:
    volume = {"name": "v", "hostPath": {"path": "/var/lib/kubelet"}}
    forbidden(now.owner.create, now.pod(volumes=[volume]), said="hostPath")


@check("MTB-PL1-BC-HI-1", "Block use of NodePort services")
def node_ports(now: Round) -> None:
    """The benchmark gave two checks the same number."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": now.me.work}}
    for kind in ("NodePort", "LoadBalancer"):
        spec = {"type": kind, "ports": [{"port": 80}]}
        refused(now.owner.create, service | {"spec": spec}, said="use ClusterIP")


@check("MTB-PL1-BC-HI-3", "Block use of host networking and ports")
def host_network(now: Round) -> None:
    forbidden(now.owner.create, now.pod(hostNetwork=True), said="hostNetwork")
    breaks(now, "hostPort")


@check("MTB-PL1-BC-HI-4", "Block use of host PID")
def host_pid(now: Round) -> None:
    forbidden(now.owner.create, now.pod(hostPID=True), said="hostPID")


@check("MTB-PL1-BC-HI-5", "Block use of host IPC")
def host_ipc(now: Round) -> None:
    forbidden(now.owner.create, now.pod(hostIPC=True), said="hostIPC")


@check("MTB-PL1-CC-TI-1", "Block modification of resource quotas")
def quota_modification(now: Round) -> None:
    for where in (now.me.home, now.me.work):
        quotas = now.admin.list("v1", "ResourceQuota", namespace=where)
        assert quotas
        path = f"/api/v1/namespaces/{where}/resourcequotas"
        names = [quota["metadata"]["name"] for quota in quotas]
        more = {"spec": {"hard": {"pods": "1000"}}}
        for name in names:
            forbidden(now.owner.raw, "PATCH", f"{path}/{name}?dryRun=All", more, MERGE)
            forbidden(now.owner.raw, "DELETE", f"{path}/{name}?dryRun=All")
        forbidden(now.owner.raw, "DELETE", f"{path}?dryRun=All")


def claim(now: Round, **spec: Any) -> Object:
    """A claim of this department."""
    metadata = {"name": "mine", "namespace": now.me.work}
    given = pod_security.CLAIM | spec
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": given}


@check("#1198", "Require PersistentVolumeClaim for storage")
def claims_only(now: Round) -> None:
    breaks(now, "restricted volume types")
    claimed = [{"name": "v", "persistentVolumeClaim": {"claimName": "mine"}}]
    assert now.owner.create(claim(now), dry_run=True)
    assert now.owner.create(now.pod(volumes=claimed), dry_run=True)


@check("#1199", "Require PV reclaim policy of delete")
def reclaim_policy(now: Round) -> None:
    """Volumes are made by classes alone; the site's one deletes, and no department makes another."""
    classes = [obj for obj in manifests.objects(apiserver.binary("local-path.yaml")) if obj["kind"] == "StorageClass"]
    assert [found.get("reclaimPolicy", "Delete") for found in classes] == ["Delete"]
    volume = {"hostPath": {"path": "/"}, "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
    for version, kind, rest in (
        ("storage.k8s.io/v1", "StorageClass", {"provisioner": "rancher.io/local-path", "reclaimPolicy": "Retain"}),
        ("v1", "PersistentVolume", {"spec": volume | {"persistentVolumeReclaimPolicy": "Retain"}}),
    ):
        obj = {"apiVersion": version, "kind": kind, "metadata": {"name": now.me.code}} | rest
        forbidden(now.owner.create, obj)
    refused(now.owner.create, claim(now, storageClassName=""), said="storage class ''")


@check("draft", "Block use of existing PVs")
def existing_volumes(now: Round) -> None:
    refused(now.owner.create, claim(now, volumeName="left-behind"), said=PICKED)
    selector = {"matchLabels": {"department": now.others[0].code}}
    refused(now.owner.create, claim(now, selector=selector), said=PICKED)
    controller = now.me.server.connect("system:serviceaccount:kube-system:statefulset-controller", "system:masters")
    refused(controller.create, claim(now, volumeName="left-behind"), said=PICKED)
    now.owner.apply(claim(now), field_manager="me")
    picked = {"spec": {"volumeName": "left-behind"}}
    path = f"/api/v1/namespaces/{now.me.work}/persistentvolumeclaims/mine?dryRun=All"
    refused(now.owner.raw, "PATCH", path, picked, MERGE, said=PICKED)
    binder = now.me.server.connect("system:serviceaccount:kube-system:persistent-volume-binder", "system:masters")
    assert binder.raw("PATCH", path, picked, MERGE)
    scheduler = now.me.server.connect("system:kube-scheduler", "system:masters")
    placed = {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "w1"}}}
    assert scheduler.raw("PATCH", path, placed, MERGE)
    refused(now.owner.raw, "PATCH", path, placed, MERGE, said="belong to the cluster")


@check("draft", "Block network access across tenant namespaces")
def network_access(now: Round) -> None:
    policies = now.admin.list(NETWORK, "NetworkPolicy", namespace=now.me.work)
    shut = [
        p["spec"] for p in policies if p["spec"]["podSelector"] == {} and not {"ingress", "egress"} & set(p["spec"])
    ]
    assert any(set(spec["policyTypes"]) == {"Ingress", "Egress"} for spec in shut)
    for other in now.others:
        namespace = now.admin.get(Ref("v1", "Namespace", other.work))
        assert namespace is not None
        assert [peer for policy in policies for peer in peers(policy) if admits(peer, namespace)] == []
    opened = {"apiVersion": NETWORK, "kind": "NetworkPolicy", "metadata": {"name": "open", "namespace": now.me.work}}
    opened |= {"spec": {"podSelector": {}, "ingress": [{}], "egress": [{}]}}
    forbidden(now.owner.create, opened)


def peers(policy: Object) -> Iterator[Object]:
    """Everything a policy opens to; a rule without peers opens to all: `{"namespaceSelector": {}}`."""
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction) or []:
            yield from rule.get(side) or [{"namespaceSelector": {}}]


def admits(peer: Object, namespace: Object) -> bool:
    """Could it be a pod of that namespace, which is not the policy's own?"""
    if "ipBlock" in peer:
        return True
    if "namespaceSelector" not in peer:
        return False
    selector, marks = peer["namespaceSelector"], namespace["metadata"]["labels"]
    assert set(selector) <= {"matchLabels"}, "this test does not read expressions"
    return all(marks.get(key) == value for key, value in selector.get("matchLabels", {}).items())


@check("MTB-PL2-BC-OPS-4", "Allow self-service management of Network Policies")
def self_service_network(now: Round) -> None:
    assert now.owner.create(now.request(network={"egress": "internal"}), dry_run=True)
    policies = now.admin.list(NETWORK, "NetworkPolicy", namespace=now.me.work)
    seen = now.owner.list(NETWORK, "NetworkPolicy", namespace=now.me.work)
    assert len(seen) == len(policies) >= 3, "what is closed can at least be looked at"


@check("draft", "Allow self-service management of Roles")
def self_service_roles(now: Round) -> None:
    """There are ready-made roles only. With a role of its own a department could give what it has not."""
    rules = [{"apiGroups": [""], "resources": ["resourcequotas"], "verbs": ["*"]}]
    for kind, metadata in (("Role", {"namespace": now.me.work}), ("ClusterRole", {})):
        obj = {"apiVersion": RBAC, "kind": kind, "metadata": {"name": "mine", **metadata}, "rules": rules}
        forbidden(now.owner.create, obj)
    for role in ("editor", "viewer"):
        assert now.owner.create(now.request(members=[{"kind": "User", "name": "ida", "role": role}]), dry_run=True)


@check("draft", "Allow self-service management of Role Bindings")
def self_service_bindings(now: Round) -> None:
    member = {"kind": "Group", "name": "partners", "role": "viewer"}
    assert now.owner.create(now.request(members=[member]), dry_run=True)
    manager = now.me.person("member-manager")
    assert manager.create(now.request(members=[member]), dry_run=True)
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"{now.me.code}-owner"}]
    for name in ("cluster-admin", "admin", OWN_ROLE):
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        metadata = {"name": "mine", "namespace": now.me.work}
        obj = {"apiVersion": RBAC, "kind": "RoleBinding", "metadata": metadata, "roleRef": role, "subjects": subjects}
        forbidden(now.owner.create, obj)


def test_there_are_23() -> None:
    assert len(CHECKS) == 23
    assert len({title for _, title, _ in CHECKS}) == 23


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("number", "title", "function"), CHECKS, ids=[f"{n} {t}" for n, t, _ in CHECKS])
def test_check(rounds: dict[str, Round], code: str, number: str, title: str, function: Check) -> None:
    function(rounds[code])
