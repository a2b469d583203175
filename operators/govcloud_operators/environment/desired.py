"""Spec of an Environment -> objects of its namespace, in stages. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from govcloud_api import labels, policy, quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_operators import isolation, roles
from govcloud_operators.environment import openings
from govcloud_operators.surroundings import IpNetwork

PROBE_NAME = "govcloud-probe"
PROBE_LABEL = "govcloud.internal/probe"
PROBE_KEY = "state.govcloud.internal/probe-key"
PROBE_PORT = 8080
PROBE_HOLD_SECONDS = 4
"""How long the pod keeps listening, so that the operator can try to get in."""
PROBE_DEADLINE_SECONDS = 60
CANARY_PORT = 8080
CANARY = Ref("v1", "Service", "isolation-canary", labels.SYSTEM_NAMESPACE)
API_SERVICE = Ref("v1", "Service", "kubernetes", "default")
DNS_NAME = "kubernetes.default.svc.cluster.local"
COUNTS = {
    "secrets": 100,
    "configmaps": 100,
    "services": 50,
    "serviceaccounts": 50,
    "deployments.apps": 100,
    # Every Deployment keeps ten old ones unless it says otherwise.
    "replicasets.apps": 1200,
    "statefulsets.apps": 50,
    "daemonsets.apps": 20,
    "jobs.batch": 200,
    "cronjobs.batch": 50,
    "horizontalpodautoscalers.autoscaling": 100,
    "poddisruptionbudgets.policy": 100,
    "ingresses.networking.k8s.io": 50,
    f"serviceinstances.{labels.GROUP}": 50,
    f"servicebindings.{labels.GROUP}": 100,
}
"""Objects of every kind that people may make in an environment: nobody fills the API server alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall stand: the approved spec, and what besides it decides."""

    environment: Environment
    suspended: bool = False
    exempt: frozenset[str] = frozenset()
    """Rules that do not hold for it."""
    marked: frozenset[str] = frozenset()
    """Rules that the namespace is marked with now; those no longer exempt are marked `false`."""
    networks: tuple[IpNetwork, ...] = ()
    """The cluster's own, closed to every egress class."""


def namespace_name(environment: Environment) -> str:
    """Name of the workload namespace; one that was taken over keeps the name it was born with."""
    spec = environment.spec
    kept = environment.metadata.annotations.get(labels.WORK_NAMESPACE)
    return kept or policy.environment_namespace(spec.department_ref, spec.product, spec.purpose)


def namespace_ref(environment: Environment) -> Ref:
    """Ref of the workload namespace."""
    return Ref("v1", "Namespace", namespace_name(environment))


def probe_ref(environment: Environment) -> Ref:
    """Ref of the pod that looks at the network from inside."""
    return Ref("v1", "Pod", PROBE_NAME, namespace_name(environment))


def namespace(plan: Plan) -> Object:
    """The workload namespace itself."""
    environment = plan.environment
    spec = environment.spec
    extra = {
        labels.DEPARTMENT: spec.department_ref,
        labels.PRODUCT: spec.product,
        labels.PURPOSE: spec.purpose,
        labels.ENVIRONMENT: environment.metadata.name,
        labels.TIER: spec.tier_ref,
        labels.ROLE: "environment",
    }
    extra |= {f"{labels.EXEMPT_PREFIX}{rule}": _word(rule in plan.exempt) for rule in plan.exempt | plan.marked}
    notes = {labels.INGRESS_HOSTS: ",".join(spec.network.ingress_hosts)}
    if origin := environment.metadata.annotations.get(labels.TRANSFERRED_FROM):
        notes[labels.TRANSFERRED_FROM] = origin
    return isolation.namespace(namespace_name(environment), environment.metadata.uid, extra, notes)


def quota_hard(environment: Environment, *, suspended: bool = False) -> dict[str, str]:
    """ResourceQuota of an environment: CPU may burst to twice what is reserved, memory may not.

    A suspended one admits no pod; what it holds otherwise stays.
    """
    quota = environment.spec.quota
    return {
        "requests.cpu": quota.cpu,
        "limits.cpu": quantity.cpu_text(2 * quantity.cpu_millicores(quota.cpu)),
        "requests.memory": quota.memory,
        "limits.memory": quota.memory,
        "requests.storage": quota.storage,
        "pods": "0" if suspended else str(quota.pods),
        "services.nodeports": "0",
        "services.loadbalancers": "0",
        "persistentvolumeclaims": "50",
    } | {f"count/{kind}": str(number) for kind, number in COUNTS.items()}


def network_policies(plan: Plan) -> list[Object]:
    """Default deny both ways, then the cluster's DNS and the namespace itself, then what was approved."""
    where, network = namespace_name(plan.environment), plan.environment.spec.network
    asked = (
        openings.egress(where, network.egress, plan.networks),
        openings.ingress(where, network.ingress_hosts, plan.exempt),
    )
    shut = [isolation.default_deny(where), isolation.allow_dns(where), isolation.allow_same_namespace(where)]
    return [*shut, *(opened for opened in asked if opened is not None)]


def closed_stages(plan: Plan) -> list[list[Object]]:
    """Everything that must stand before the probe runs."""
    where = namespace_name(plan.environment)
    shut = [
        isolation.resource_quota(where, quota_hard(plan.environment, suspended=plan.suspended)),
        isolation.limit_range(where),
        *network_policies(plan),
    ]
    return [[namespace(plan)], shut]


def access(environment: Environment, department: Department) -> list[Object]:
    """RoleBindings of the department's people, of members, and of the account that services are built with."""
    where = namespace_name(environment)
    people = roles.bindings(where, roles.ENVIRONMENT, department.spec.subjects)
    return [*people, *roles.members(where, environment.spec.members), roles.services(where, department.spec.code)]


def refs(environment: Environment) -> list[Ref]:
    """Everything fixed that a decision has to look at in the environment's namespace."""
    where = namespace_name(environment)
    fixed = [ref_of(obj) for stage in closed_stages(Plan(environment=environment)) for obj in stage]
    return list(dict.fromkeys([*fixed, *openings_refs(where), probe_ref(environment)]))


def openings_refs(where: str) -> list[Ref]:
    """Policies that are there only when something was approved."""
    names = (openings.EGRESS_NAME, openings.INGRESS_NAME)
    return [Ref(isolation.POLICY_VERSION, "NetworkPolicy", name, where) for name in names]


def probe_pod(environment: Environment, *, image: str, key: str, denied: list[str]) -> Object:
    """The pod that tries what is allowed and what is not; `denied` are targets such as `tcp:10.96.0.1:443`."""
    arguments = ["check", "--allow", f"dns:{DNS_NAME}"]
    for target in denied:
        arguments += ["--deny", target]
    arguments += ["--listen", f":{PROBE_PORT}", "--hold", f"{PROBE_HOLD_SECONDS}s", "--timeout", "1s"]
    metadata = {
        "name": PROBE_NAME,
        "namespace": namespace_name(environment),
        "labels": {labels.MANAGED_BY: labels.MANAGER, PROBE_LABEL: "isolation"},
        "annotations": {PROBE_KEY: key},
    }
    spec = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": PROBE_DEADLINE_SECONDS,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(image, arguments)],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def held(environment: Environment, *, holds: bool, work_namespace: str = "") -> Object:
    """The Environment's metadata with or without our finalizer, for server-side apply; never creates one.

    `work_namespace` is noted when it has another name than the spec gives.
    """
    metadata = environment.metadata
    kept = work_namespace or metadata.annotations.get(labels.WORK_NAMESPACE)
    noted = {"annotations": {labels.WORK_NAMESPACE: kept}} if kept else {}
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "Environment",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
            "finalizers": [labels.ENVIRONMENT_FINALIZER] if holds else [],
        }
        | noted,
    }


def _word(value: bool) -> str:
    return "true" if value else "false"


def _container(image: str, arguments: list[str]) -> Object:
    tiny = {"cpu": "10m", "memory": "16Mi"}
    return {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "resources": {"requests": tiny, "limits": {"cpu": "100m", "memory": "32Mi"}},
        "terminationMessagePolicy": "File",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
