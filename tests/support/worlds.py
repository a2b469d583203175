"""Small worlds in memory for the operators: a department, a request, an environment, and who acts besides us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from govcloud_api import conditions, labels
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.environment import reconcile as environment
from govcloud_operators.events import Events
from govcloud_operators.keys import Key
from govcloud_operators.network import Answer
from govcloud_operators.surroundings import Surroundings
from support import knocking

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
HOME = "dept-tax"
NETWORKS = tuple(ip_network(text) for text in ("10.78.0.0/16", "10.79.0.0/16", "10.77.0.0/24"))
IMAGE = "registry.govcloud.internal/netprobe:test"
PROBE = Ref("v1", "Pod", "govcloud-probe", "tax-portal-sandbox")
ENVIRONMENT = Ref(labels.API_VERSION, "Environment", "portal-sandbox", HOME)

COUNTED = {
    "deployments.apps": ("apps/v1", "Deployment"),
    "statefulsets.apps": ("apps/v1", "StatefulSet"),
    "replicasets.apps": ("apps/v1", "ReplicaSet"),
    "cronjobs.batch": ("batch/v1", "CronJob"),
}
"""What a quota counts of what people run."""


class World:
    """A cluster in memory with a clock that only moves when told."""

    def __init__(self) -> None:
        self.now = START
        self.cluster = MemoryCluster(clock=lambda: self.now)
        self.events = Events()
        self.woken: list[Key] = []
        """What reconciles of Environments want looked at."""
        self.answers: dict[str, Answer] = {"10.96.0.9:8080": "open"}
        self.knocks = knocking.knocks(self.cluster, self.reach)
        for name in (labels.SYSTEM_NAMESPACE, labels.TENANTS_NAMESPACE, labels.APPROVALS_NAMESPACE):
            self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self._service("isolation-canary", labels.SYSTEM_NAMESPACE, "10.96.0.9")
        self._service("kubernetes", "default", "10.96.0.1")

    def pass_time(self, **delta: float) -> None:
        """Move the clock."""
        self.now += timedelta(**delta)

    def clock(self) -> datetime:
        """What reconciles are given."""
        return self.now

    def reach(self, address: str) -> Answer:
        """Addresses without an answer are silent."""
        return self.answers.get(address, "silent")

    def around(self) -> Surroundings:
        """Surroundings of an Environment's reconcile."""
        return Surroundings(
            clock=self.clock,
            reach=self.reach,
            knocks=self.knocks,
            probe_image=IMAGE,
            events=self.events,
            enqueue=self.woken.append,
            cluster_networks=NETWORKS,
        )

    def department(self, **spec: Any) -> Object:
        """Seed the tax department and its home, as its reconcile leaves them."""
        people = [{"kind": "Group", "name": "tax:owner", "role": "owner"}]
        wanted = {
            "code": "tax",
            "displayName": "Tax",
            "quota": {"hard": {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}},
            "subjects": people,
        }
        made = self.cluster.seed(
            {
                "apiVersion": labels.API_VERSION,
                "kind": "Department",
                "metadata": {"name": "tax"},
                "spec": wanted | spec,
            }
        )
        home = {
            "name": HOME,
            "labels": {labels.DEPARTMENT: "tax", labels.MANAGED_BY: labels.MANAGER},
            "annotations": {labels.OWNER_UID: made["metadata"]["uid"]},
        }
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": home})
        return made

    def request(self, name: str = "first", **spec: Any) -> Object:
        """Seed a request for a small sandbox named portal."""
        wanted = {
            "type": "Create",
            "product": "portal",
            "purpose": "sandbox",
            "size": "small",
            "justification": {"why": "test"},
            "requestedBy": "olga",
        }
        return self.cluster.seed(
            {
                "apiVersion": labels.API_VERSION,
                "kind": "EnvironmentRequest",
                "metadata": {"name": name, "namespace": HOME},
                "spec": wanted | spec,
            }
        )

    def environment(
        self,
        request: Object,
        *,
        expires_at: datetime | None = None,
        spec: dict[str, Any] | None = None,
        **metadata: Any,
    ) -> Object:
        """Seed the Environment that came out of a request; `spec` is what else was approved."""
        wanted: dict[str, Any] = {
            "departmentRef": "tax",
            "product": request["spec"]["product"],
            "purpose": request["spec"]["purpose"],
            "size": "small",
            "quota": {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20},
            "requestRef": {"name": request["metadata"]["name"], "uid": request["metadata"]["uid"]},
        } | (spec or {})
        if expires_at is not None:
            wanted["expiresAt"] = conditions.timestamp(expires_at)
        named = {"name": f"{request['spec']['product']}-sandbox", "namespace": HOME}
        return self.cluster.seed(
            {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": named | metadata, "spec": wanted}
        )

    def count_quotas(self) -> None:
        """Act as the quota controller."""
        for quota in self.cluster.list("v1", "ResourceQuota"):
            hard = quota["spec"]["hard"]
            where = quota["metadata"]["namespace"]
            counted = {
                f"count/{plural}": str(len(self.cluster.list(version, kind, namespace=where)))
                for plural, (version, kind) in COUNTED.items()
            }
            status = {"hard": hard, "used": dict.fromkeys(hard, "0") | {k: v for k, v in counted.items() if k in hard}}
            self.cluster.patch_status(quota | {"status": status}, field_manager="quota-controller")

    def run_probe(self, *, ok: bool = True, address: str = "10.0.0.7") -> bool:
        """Act as the kubelet for one step: Pending -> Running -> finished; False when there is no probe."""
        pod = self.cluster.get(PROBE)
        if pod is None:
            return False
        status = pod.get("status") or {}
        if status.get("phase") is None:
            self.set_probe({"phase": "Running", "podIP": address})
        elif status["phase"] == "Running":
            self.set_probe(finished(ok=ok))
        return True

    def set_probe(self, status: dict[str, Any]) -> None:
        """Give the probe pod a status."""
        pod = self.cluster.get(PROBE)
        assert pod is not None
        self.cluster.patch_status(pod | {"status": status}, field_manager="kubelet")

    def live(self, ref: Ref) -> Object:
        """An object that must be there."""
        found = self.cluster.get(ref)
        assert found is not None, f"{ref} is not there"
        return found

    def change(self, ref: Ref, **spec: Any) -> Object:
        """Write fields of an object's spec, as somebody else."""
        body = {"apiVersion": ref.api_version, "kind": ref.kind, "spec": spec}
        metadata = {"name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {})
        manager = f"somebody-{len(self.cluster.writes)}"  # another each time: an earlier wish stays
        return self.cluster.apply(body | {"metadata": metadata}, field_manager=manager)

    def settle_environment(self, ref: Ref = ENVIRONMENT, *, ok: bool = True, rounds: int = 6) -> float | None:
        """Reconcile while the quota controller and the kubelet do their part; seconds until the next look."""
        for _ in range(rounds):
            environment.reconcile(self.cluster, ref, self.around())
            self.count_quotas()
            self.run_probe(ok=ok)
            self.pass_time(seconds=1)
        return environment.reconcile(self.cluster, ref, self.around())

    def people(self, namespace: str = "tax-portal-sandbox") -> dict[str, list[str]]:
        """Who gets in: RoleBinding -> names of its subjects."""
        found = self.cluster.list("rbac.authorization.k8s.io/v1", "RoleBinding", namespace=namespace)
        return {obj["metadata"]["name"]: [subject["name"] for subject in obj["subjects"]] for obj in found}

    def bindings(self, namespace: str = "tax-portal-sandbox") -> list[str]:
        """Names of the RoleBindings of a namespace."""
        found = self.cluster.list("rbac.authorization.k8s.io/v1", "RoleBinding", namespace=namespace)
        return [obj["metadata"]["name"] for obj in found]

    def _service(self, name: str, namespace: str, address: str) -> None:
        metadata = {"name": name, "namespace": namespace}
        self.cluster.seed({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": address}})


def finished(*, ok: bool = True, message: str | None = None) -> dict[str, Any]:
    """Status of a probe pod that ended."""
    result = {"target": "tcp:10.96.0.9:8080", "expect": "deny", "ok": ok, "message": "connected" if not ok else ""}
    text = json.dumps({"results": [result], "ok": ok}) if message is None else message
    terminated = {"exitCode": 0 if ok else 1, "message": text}
    return {
        "phase": "Succeeded" if ok else "Failed",
        "podIP": "10.0.0.7",
        "containerStatuses": [{"name": "probe", "state": {"terminated": terminated}}],
    }


def status_of(obj: Object, type_: str) -> tuple[str, str]:
    """(status, reason) of a condition."""
    found = conditions.find(obj, type_) or {}
    return found.get("status", ""), found.get("reason", "")
