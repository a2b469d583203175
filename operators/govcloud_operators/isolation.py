"""What shuts a namespace off before anybody gets into it: labels, quota, limits, network policies. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from govcloud_api import labels
from govcloud_api.objects import Object

QUOTA_NAME = "govcloud-quota"
LIMITS_NAME = "govcloud-limits"
DENY_NAME = "govcloud-default-deny"
DNS_NAME = "govcloud-allow-dns"
SAME_NAMESPACE_NAME = "govcloud-allow-same-namespace"
POLICY_VERSION = "networking.k8s.io/v1"
RBAC_VERSION = "rbac.authorization.k8s.io/v1"
RBAC_GROUP = "rbac.authorization.k8s.io"


def namespace(
    name: str, owner_uid: str, extra_labels: dict[str, str], annotations: dict[str, str] | None = None
) -> Object:
    """A namespace that belongs to one Department or Environment, with Pod Security `restricted`, pinned."""
    security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", labels.PSA_VERSION))
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {labels.MANAGED_BY: labels.MANAGER} | extra_labels | security,
            "annotations": {labels.OWNER_UID: owner_uid} | (annotations or {}),
        },
    }


def is_owned(found: Object, owner_uid: str) -> bool:
    """True when the namespace was made for this very object; a name or label alone proves nothing."""
    managed = (found["metadata"].get("labels") or {}).get(labels.MANAGED_BY) == labels.MANAGER
    return managed and bool(owner_uid) and note(found, labels.OWNER_UID) == owner_uid


def note(found: Object | None, annotation: str) -> str:
    """What an annotation says, empty when it is not there."""
    return str((((found or {}).get("metadata") or {}).get("annotations") or {}).get(annotation, ""))


def is_going(found: Object) -> bool:
    """True once deletion was asked for."""
    return "deletionTimestamp" in found["metadata"]


def resource_quota(where: str, hard: dict[str, str]) -> Object:
    """The one quota of a namespace."""
    return _named("v1", "ResourceQuota", QUOTA_NAME, where) | {"spec": {"hard": hard}}


def is_enforced(quota: Object | None) -> bool:
    """True once the quota controller counts everything the quota limits; before that all creates are refused."""
    if quota is None:
        return False
    wanted = set(quota["spec"].get("hard") or {})
    status = quota.get("status") or {}
    return wanted <= set(status.get("hard") or {}) and wanted <= set(status.get("used") or {})


def limit_range(where: str) -> Object:
    """Defaults for containers that say nothing, so that they are admitted under the quota."""
    container = {
        "type": "Container",
        "default": {"cpu": "500m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "50m", "memory": "128Mi"},
    }
    return _named("v1", "LimitRange", LIMITS_NAME, where) | {"spec": {"limits": [container]}}


def default_deny(where: str) -> Object:
    """No traffic, either way, for any pod."""
    return network_policy(DENY_NAME, where, {"policyTypes": ["Ingress", "Egress"]})


def allow_dns(where: str) -> Object:
    """Every pod may ask the cluster's DNS, nothing else in kube-system."""
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return network_policy(DNS_NAME, where, {"policyTypes": ["Egress"], "egress": [{"to": [peer], "ports": ports}]})


def allow_same_namespace(where: str) -> Object:
    """Pods of the namespace may talk to one another."""
    everyone: dict[str, Any] = {"podSelector": {}}
    spec = {
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [everyone]}],
        "egress": [{"to": [everyone]}],
    }
    return network_policy(SAME_NAMESPACE_NAME, where, spec)


def role_binding(where: str, cluster_role: str, subjects: Iterable[tuple[str, str]]) -> Object:
    """Gives (kind, name) subjects one of the roles that exist for departments, in one namespace."""
    people = [{"apiGroup": RBAC_GROUP, "kind": kind, "name": name} for kind, name in subjects]
    return _binding(where, cluster_role, people)


def account_binding(where: str, cluster_role: str, account: str, home: str) -> Object:
    """Gives a service account of namespace `home` such a role."""
    return _binding(where, cluster_role, [{"kind": "ServiceAccount", "name": account, "namespace": home}])


def account(name: str, where: str, owner_uid: str, extra_labels: dict[str, str]) -> Object:
    """A service account that no pod uses and that gets no token."""
    body = _named("v1", "ServiceAccount", name, where) | {"automountServiceAccountToken": False}
    body["metadata"]["labels"] |= extra_labels
    body["metadata"]["annotations"] = {labels.OWNER_UID: owner_uid}
    return body


def network_policy(name: str, where: str, spec: dict[str, Any]) -> Object:
    """A policy for every pod of a namespace."""
    return _named(POLICY_VERSION, "NetworkPolicy", name, where) | {"spec": {"podSelector": {}} | spec}


def _binding(where: str, cluster_role: str, subjects: list[dict[str, str]]) -> Object:
    return _named(RBAC_VERSION, "RoleBinding", cluster_role, where) | {
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": cluster_role},
        "subjects": subjects,
    }


def _named(api_version: str, kind: str, name: str, where: str) -> Object:
    metadata = {"name": name, "namespace": where, "labels": {labels.MANAGED_BY: labels.MANAGER}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
