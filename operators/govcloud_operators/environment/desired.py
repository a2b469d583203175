"""Spec of an Environment -> objects of its namespace, in stages. Pure."""

from __future__ import annotations

from govcloud_api import labels, policy, quantity
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_operators import isolation, roles

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


def namespace_name(environment: Environment) -> str:
    """Name of the workload namespace."""
    spec = environment.spec
    return policy.environment_namespace(spec.department_ref, spec.product, spec.purpose)


def namespace_ref(environment: Environment) -> Ref:
    """Ref of the workload namespace."""
    return Ref("v1", "Namespace", namespace_name(environment))


def probe_ref(environment: Environment) -> Ref:
    """Ref of the pod that looks at the network from inside."""
    return Ref("v1", "Pod", PROBE_NAME, namespace_name(environment))


def namespace(environment: Environment) -> Object:
    """The workload namespace itself."""
    spec = environment.spec
    extra = {
        labels.DEPARTMENT: spec.department_ref,
        labels.PRODUCT: spec.product,
        labels.PURPOSE: spec.purpose,
        labels.ENVIRONMENT: environment.metadata.name,
        labels.ROLE: "environment",
    }
    return isolation.namespace(namespace_name(environment), environment.metadata.uid, extra)


def quota_hard(environment: Environment) -> dict[str, str]:
    """ResourceQuota of an environment: CPU may burst to twice what is reserved, memory may not."""
    quota = environment.spec.quota
    return {
        "requests.cpu": quota.cpu,
        "limits.cpu": quantity.cpu_text(2 * quantity.cpu_millicores(quota.cpu)),
        "requests.memory": quota.memory,
        "limits.memory": quota.memory,
        "requests.storage": quota.storage,
        "pods": str(quota.pods),
        "services.nodeports": "0",
        "services.loadbalancers": "0",
        "count/secrets": "100",
        "count/configmaps": "100",
        "count/services": "50",
        "count/jobs.batch": "200",
        "count/deployments.apps": "100",
    }


def network_policies(environment: Environment) -> list[Object]:
    """Default deny both ways, then the cluster's DNS and the namespace itself."""
    where = namespace_name(environment)
    return [isolation.default_deny(where), isolation.allow_dns(where), isolation.allow_same_namespace(where)]


def closed_stages(environment: Environment) -> list[list[Object]]:
    """Everything that must stand before the probe runs."""
    where = namespace_name(environment)
    shut = [
        isolation.resource_quota(where, quota_hard(environment)),
        isolation.limit_range(where),
        *network_policies(environment),
    ]
    return [[namespace(environment)], shut]


def access(environment: Environment, department: Department) -> list[Object]:
    """RoleBindings of the department's people."""
    return roles.bindings(namespace_name(environment), roles.ENVIRONMENT, department.spec.subjects)


def refs(environment: Environment) -> list[Ref]:
    """Everything that a decision has to look at in the environment's namespace."""
    fixed = [ref_of(obj) for stage in closed_stages(environment) for obj in stage]
    return [*fixed, probe_ref(environment), *roles.refs(namespace_name(environment), roles.ENVIRONMENT)]


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


def with_finalizer(environment: Environment, *, held: bool) -> Object:
    """The Environment's metadata with or without our finalizer, for server-side apply; never creates one."""
    metadata = environment.metadata
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "Environment",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
            "finalizers": [labels.ENVIRONMENT_FINALIZER] if held else [],
        },
    }


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
