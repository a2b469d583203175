"""Who may do what where, asked with SubjectAccessReviews, as text with one line for each kind of object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from govcloud_api import labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster

READ, WRITE = ("get", "list", "watch"), ("create", "update", "patch", "delete", "deletecollection")
OURS = [(labels.GROUP, f"{d.plural}{part}") for d in DEFINITIONS for part in ("", "/status")]
CORE = (
    "pods pods/log pods/exec pods/attach pods/portforward pods/proxy pods/eviction pods/ephemeralcontainers "
    "pods/status pods/binding services services/status services/proxy endpoints configmaps secrets "
    "persistentvolumeclaims serviceaccounts serviceaccounts/token resourcequotas limitranges events "
    "replicationcontrollers namespaces namespaces/status namespaces/finalize nodes nodes/proxy persistentvolumes"
)
OTHERS = {
    "apps": "deployments statefulsets daemonsets replicasets controllerrevisions deployments/scale statefulsets/scale",
    "batch": "jobs cronjobs",
    "autoscaling": "horizontalpodautoscalers",
    "policy": "poddisruptionbudgets",
    "networking.k8s.io": "networkpolicies ingresses ingresses/status ingressclasses",
    "discovery.k8s.io": "endpointslices",
    "coordination.k8s.io": "leases",
    "rbac.authorization.k8s.io": "roles rolebindings clusterroles clusterrolebindings",
    "storage.k8s.io": "storageclasses csistoragecapacities",
    "scheduling.k8s.io": "priorityclasses",
    "certificates.k8s.io": "certificatesigningrequests certificatesigningrequests/approval",
    "admissionregistration.k8s.io": "validatingadmissionpolicies validatingadmissionpolicybindings "
    "mutatingadmissionpolicies validatingwebhookconfigurations",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "metrics.k8s.io": "pods nodes",
}
RESOURCES = [
    *OURS,
    *[("", name) for name in CORE.split()],
    *[(group, name) for group, names in OTHERS.items() for name in names.split()],
]
SPECIAL = [
    ("ask", labels.GROUP, "environmentrequests"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("escalate", "rbac.authorization.k8s.io", "roles"),
    ("impersonate", "", "users"),
    ("impersonate", "", "groups"),
    ("impersonate", "", "serviceaccounts"),
    ("sign", "certificates.k8s.io", "signers"),
    ("approve", "certificates.k8s.io", "signers"),
]
"""(verb, group, resource) that are rights by themselves."""


def table(admin: Cluster, groups: Sequence[str], namespace: str) -> list[str]:
    """`resource: verbs` of everything that people of these groups may do in a namespace; "" is the cluster."""
    questions = [(verb, *resource) for resource in RESOURCES for verb in (*READ, *WRITE)] + SPECIAL
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda asked: allowed(admin, "somebody", groups, namespace, asked), questions))
    return list(_lines([asked for asked, answer in zip(questions, answers, strict=True) if answer]))


def allowed(admin: Cluster, user: str, groups: Sequence[str], namespace: str, asked: tuple[str, str, str]) -> bool:
    """One question to the API server's authorizer."""
    verb, api_group, resource = asked
    plural, _, sub = resource.partition("/")
    attributes = {"verb": verb, "group": api_group, "resource": plural, "subresource": sub, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {
            "user": user,
            "groups": [*groups, "system:authenticated"],
            "resourceAttributes": {key: value for key, value in attributes.items() if value},
        },
    }
    return bool(admin.create(review)["status"]["allowed"])


def _lines(found: list[tuple[str, str, str]]) -> Iterator[str]:
    verbs: dict[str, list[str]] = {}
    for verb, group, resource in found:
        verbs.setdefault(f"{resource}.{group}".rstrip("."), []).append(verb)
    yield from (f"{resource}: {' '.join(words)}" for resource, words in verbs.items())
