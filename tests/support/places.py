"""A department as the operator leaves it, made without it: a home, an environment, people with their roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from govcloud_api import labels
from govcloud_kube import Cluster, Object, Ref
from support import tenancy
from support.apiserver import ApiServer

RBAC = "rbac.authorization.k8s.io"
AT_HOME = {
    "owner": "govcloud:department-owner",
    "approver": "govcloud:department-approver",
    "finance": "govcloud:department-finance",
    "steward": "govcloud:department-steward",
    "auditor": "govcloud:department-auditor",
    "member-manager": "govcloud:department-member-manager",
    "reader": "govcloud:department-reader",
}
AT_WORK = {
    "owner": "govcloud:environment-owner",
    "editor": "govcloud:environment-editor",
    "viewer": "govcloud:environment-viewer",
    "auditor": "govcloud:environment-reader",
    "steward": "govcloud:environment-reader",
}
ROLES = tuple(sorted({*AT_HOME, *AT_WORK}))
IMAGE = "registry.govcloud.internal/portal:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One department. Its people are `<code>-<role>` in the group `<code>:<role>`."""

    code: str
    server: ApiServer
    _known: dict[str, Cluster] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """Namespace of requests and decisions."""
        return labels.home_namespace(self.code)

    @property
    def work(self) -> str:
        """Namespace of its one environment."""
        return f"{self.code}-portal-prod"

    def person(self, role: str) -> Cluster:
        """Connection of somebody with this role."""
        if role not in self._known:
            self._known[role] = self.server.connect(f"{self.code}-{role}", f"{self.code}:{role}")
        return self._known[role]


def operator(server: ApiServer) -> Cluster:
    """The operator's name with every right: what is refused to it, admission refuses."""
    return server.connect(labels.OPERATOR_USER, "system:masters")


def make(server: ApiServer, code: str, *, with_home: bool = True) -> Place:
    """Home and environment with every role bound; ready when pods could be made there.

    Without `with_home` the operator has made the home already.
    """
    place, writer = Place(code=code, server=server), operator(server)
    for obj in _objects(place, with_home=with_home):
        writer.apply(obj, field_manager=labels.OPERATOR_FIELD_MANAGER)
    admin = server.admin()
    account = Ref("v1", "ServiceAccount", "default", place.work)
    tenancy.eventually(lambda: admin.get(account), "the default service account is there")
    return place


def pod(namespace: str, name: str, image: str = IMAGE, **spec: Any) -> Object:
    """A pod that Pod Security `restricted` lets through."""
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    given = {"containers": [container(image)], "securityContext": security} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": given}


def container(image: str = IMAGE, name: str = "c") -> Object:
    """A container that `restricted` lets through."""
    context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"name": name, "image": image, "securityContext": context}


def ingress(namespace: str, *hosts: str, **spec: Any) -> Object:
    """An Ingress with one rule a host."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
    rules = [{"host": host, "http": paths} if host else {"http": paths} for host in hosts]
    metadata = {"name": "web", "namespace": namespace}
    given = {"ingressClassName": "govcloud"} | ({"rules": rules} if rules else {}) | spec
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": given}


def workload(namespace: str, kind: str, name: str, **spec: Any) -> Object:
    """A Deployment, StatefulSet, DaemonSet, Job or CronJob of one harmless pod."""
    template = {"metadata": {"labels": {"app": "a"}}, "spec": pod(namespace, "x")["spec"]}
    if kind in ("Job", "CronJob"):
        template["spec"]["restartPolicy"] = "Never"
    bodies: dict[str, Object] = {
        "Job": {"template": template},
        "CronJob": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}},
    }
    body = bodies.get(kind, {"selector": {"matchLabels": {"app": "a"}}, "template": template})
    body |= {"serviceName": "a"} if kind == "StatefulSet" else {}
    api_version = "batch/v1" if kind in bodies else "apps/v1"
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": body | spec,
    }


def _objects(place: Place, *, with_home: bool) -> Iterator[Object]:
    if with_home:
        yield _namespace(place, place.home, "home", {})
    yield _namespace(
        place, place.work, "environment", {labels.INGRESS_HOSTS: f"www.{place.code}.example, {place.code}"}
    )
    yield from (_binding(place, place.home, role, name) for role, name in AT_HOME.items())
    yield from (_binding(place, place.home, role, "govcloud:department-notices") for role in AT_HOME)
    yield from (_binding(place, place.work, role, name) for role, name in AT_WORK.items())


def _namespace(place: Place, name: str, role: str, annotations: dict[str, str]) -> Object:
    marks = {
        labels.DEPARTMENT: place.code,
        labels.ROLE: role,
        labels.MANAGED_BY: labels.MANAGER,
        labels.PSA_ENFORCE: "restricted",
        labels.PSA_ENFORCE_VERSION: labels.PSA_VERSION,
    }
    metadata = {"name": name, "labels": marks, "annotations": {labels.OWNER_UID: "somebody", **annotations}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _binding(place: Place, namespace: str, role: str, cluster_role: str) -> Object:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{role}-{cluster_role.rpartition(':')[2]}", "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": cluster_role},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": f"{place.code}:{role}"}],
    }
