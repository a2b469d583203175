"""Worlds in memory where people decide: the shipped rules, two departments, their people, and time."""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from govcloud_api import conditions, labels
from govcloud_api.rules.observed import Measured
from govcloud_kube import Object, Ref
from govcloud_operators.approval import reconcile as approvals
from govcloud_operators.environment_request import reconcile as requests
from govcloud_operators.network import Answer
from govcloud_operators.ready_times import ReadyTimes
from govcloud_operators.surroundings import Surroundings
from support import knocking
from support.worlds import HOME, IMAGE, World

DEFAULTS = Path(__file__).parents[2] / "operators" / "deploy" / "40-defaults.yaml"
PEOPLE = [
    {"kind": "Group", "name": "tax:owner", "role": "owner"},
    {"kind": "Group", "name": "tax:approver", "role": "approver"},
    {"kind": "Group", "name": "tax:finance", "role": "finance"},
    {"kind": "User", "name": "deputy", "role": "approver"},
]
RECEIVER = "dept-health"


class Deciding(World):
    """The tax and the health department with the shipped tiers, calendar and policies."""

    def __init__(self, **department: Any) -> None:
        super().__init__()
        for obj in defaults():
            self.cluster.seed(obj)
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.APPROVALS_NAMESPACE}})
        self.department(**{"subjects": PEOPLE} | department)
        self.second_department()
        self.measured: Measured | None = None
        self.ready_times = ReadyTimes()

    def second_department(self, **spec: Any) -> Object:
        """Seed the health department and its home."""
        wanted = {
            "code": "health",
            "displayName": "Health",
            "quota": {"hard": {"cpu": "8", "memory": "16Gi", "storage": "80Gi"}},
            "subjects": [{"kind": "Group", "name": "health:approver", "role": "approver"}],
        }
        body = {"apiVersion": labels.API_VERSION, "kind": "Department", "metadata": {"name": "health"}}
        made = self.cluster.seed(body | {"spec": wanted | spec})
        home = {
            "name": RECEIVER,
            "labels": {labels.DEPARTMENT: "health", labels.MANAGED_BY: labels.MANAGER},
            "annotations": {labels.OWNER_UID: made["metadata"]["uid"]},
        }
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": home})
        return made

    def around(self) -> Surroundings:
        """With what was measured."""
        return Surroundings(
            clock=self.clock,
            reach=_silent,
            knocks=knocking.knocks(self.cluster, _silent),
            probe_image=IMAGE,
            usage=lambda _namespace: self.measured,
            ready_times=self.ready_times,
        )

    def ask(self, name: str, type_: str, **spec: Any) -> Object:
        """Seed a request of any type; olga asks."""
        wanted = {"type": type_, "justification": {"why": "test"}, "requestedBy": "olga"} | spec
        metadata = {"name": name, "namespace": HOME}
        body = {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest", "metadata": metadata}
        return self.cluster.seed(body | {"spec": wanted})

    def look(self, name: str = "first") -> Object:
        """Reconcile a request once; the request as it is then."""
        ref = requests.request_ref(HOME, name)
        self.again = requests.reconcile(self.cluster, ref, self.around())
        return self.live(ref)

    def say(self, request: Object, name: str, **said: Any) -> Object:
        """Seed an Approval of what a request is now. Keywords: by, groups, role, verdict, where, reason, about."""
        about = {
            "kind": request["kind"],
            "namespace": request["metadata"]["namespace"],
            "name": request["metadata"]["name"],
            "uid": request["metadata"]["uid"],
            "specHash": request["status"]["specHash"],
        } | said.get("about", {})
        spec = {
            "requestRef": about,
            "verdict": said.get("verdict", "Approve"),
            "role": said.get("role", "approver"),
            "reason": said.get("reason", ""),
            "decidedBy": said.get("by", "anna"),
            "decidedByGroups": said.get("groups", ["tax:approver"]),
        }
        metadata = {"name": name, "namespace": said.get("where", HOME)}
        body = {"apiVersion": labels.API_VERSION, "kind": "Approval", "metadata": metadata}
        return self.cluster.seed(body | {"spec": spec})

    def valid(self, approval: Object) -> str:
        """Reconcile an Approval; the reason of its condition Valid, empty when it has none."""
        metadata = approval["metadata"]
        ref = approvals.approval_ref(metadata["namespace"], metadata["name"])
        approvals.reconcile(self.cluster, ref, self.now)
        return str((conditions.find(self.live(ref), "Valid") or {}).get("reason", ""))

    def place(self, name: str = "portal-sandbox", **spec: Any) -> Object:
        """Seed an Environment that is Ready, with its namespace's quota."""
        product, _, short = name.rpartition("-")
        purpose = {"prod": "production", "stage": "staging", "dev": "development"}.get(short, short)
        wanted = {
            "departmentRef": "tax",
            "product": product,
            "purpose": purpose,
            "size": "small",
            "quota": {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20},
            "tierRef": "standard",
            "dataClass": "internal",
            "requestRef": {"name": "old", "uid": "old"},
        }
        body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": {"name": name, "namespace": HOME}}
        made = self.cluster.seed(body | {"spec": wanted | spec})
        self.ready(name)
        namespace = f"tax-{name}"
        if self.cluster.get(Ref("v1", "Namespace", namespace)) is None:
            self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        return made

    def use(self, name: str = "portal-sandbox", **used: str) -> None:
        """Seed the quota of an environment's namespace as its controller counts it."""
        metadata = {"name": "govcloud-quota", "namespace": f"tax-{name}"}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {}}}
        self.cluster.seed(quota | {"status": {"used": {key.replace("_", "."): text for key, text in used.items()}}})

    def ready(self, name: str = "portal-sandbox", home: str = HOME, *, reason: str = "Ready") -> None:
        """Act as the environment's own room: Ready for the generation it has, or not with another reason."""
        found = self.live(Ref(labels.API_VERSION, "Environment", name, home))
        state = conditions.Condition(
            type="Ready", status="True" if reason == "Ready" else "False", reason=reason, message=f"it is {reason}"
        )
        generation = found["metadata"]["generation"]
        status = {
            "namespace": f"tax-{name}",
            "observedGeneration": generation,
            "conditions": conditions.merge([], [state], generation=generation, now=self.now),
        }
        self.cluster.patch_status(found | {"status": status}, field_manager=labels.OPERATOR_FIELD_MANAGER)

    def environment_spec(self, name: str = "portal-sandbox", home: str = HOME) -> dict[str, Any]:
        """Spec of an Environment that must be there."""
        return dict(self.live(Ref(labels.API_VERSION, "Environment", name, home))["spec"])


@functools.cache
def defaults() -> tuple[Object, ...]:
    """The shipped tiers, calendar and policies."""
    return tuple(yaml.safe_load_all(DEFAULTS.read_text()))


def measured(cpu_millicores: int, memory_bytes: int, at: datetime) -> Measured:
    """What monitoring says."""
    return Measured(cpu_millicores=cpu_millicores, memory_bytes=memory_bytes, at=at)


def failing(request: Object) -> list[str]:
    """Rules that do not pass."""
    return [result["rule"] for result in request["status"]["policyResults"] if not result["pass"]]


def missing(request: Object) -> list[tuple[str, str, int]]:
    """(role, namespace, missing) of every required approval."""
    return [(r["role"], r["namespace"], r["missing"]) for r in request["status"].get("requiredApprovals", [])]


def _silent(_address: str) -> Answer:
    return "silent"
