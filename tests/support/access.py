"""Who may do what where, as the API server sees it, as text with one line for each kind of object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govcloud_api import labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster, Object
from support.apiserver import ApiServer

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
Question = tuple[str, str, str]
"""(verb, group, resource)."""
RESOURCES = [
    *OURS,
    *[("", name) for name in CORE.split()],
    *[(group, name) for group, names in OTHERS.items() for name in names.split()],
]
SPECIAL: list[Question] = [
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
"""Rights by themselves."""
QUESTIONS: list[Question] = [(verb, *resource) for resource in RESOURCES for verb in (*READ, *WRITE)] + SPECIAL
PERSON, NO_NAMESPACE = "somebody", "no-namespace-at-all"
SPREAD = 15
"""So many of the questions, and of the rights that are held, are asked one by one; all of them take a minute."""


def table(server: ApiServer, groups: Sequence[str], namespace: str, *, ask_all: bool = False) -> list[str]:
    """`resource: verbs` of everything that people of these groups may do in a namespace; "" is the cluster.

    The rules are resolved by the API server; SubjectAccessReviews, spread over all questions or for each of them, must
    agree with them.
    """
    person = server.connect(PERSON, *groups)
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "metadata": {}}
    answer = person.create(review | {"spec": {"namespace": namespace or NO_NAMESPACE}})["status"]
    held = [asked for asked in QUESTIONS if any(_covers(rule, *asked) for rule in answer["resourceRules"])]
    admin, spread = server.admin(), {*_spread(held), *_spread(QUESTIONS), *SPECIAL}
    for asked in QUESTIONS if ask_all else spread:
        assert allowed(admin, PERSON, groups, namespace, asked) == (asked in held), (groups, namespace, asked)
    return list(_lines(held))


def _spread(questions: list[Question]) -> list[Question]:
    return questions[:: max(1, len(questions) // SPREAD)]


def _covers(rule: Object, verb: str, group: str, resource: str) -> bool:
    """Does a rule grant this for every name? As RBAC reads rules; `*/part` is any resource's part."""
    part = resource.partition("/")[2]
    names = {"*", resource, f"*/{part}" if part else resource}
    return (
        not rule.get("resourceNames")
        and bool({"*", verb} & {*rule["verbs"]})
        and bool({"*", group} & {*rule.get("apiGroups", ())})
        and bool(names & {*rule.get("resources", ())})
    )


def allowed(admin: Cluster, user: str, groups: Sequence[str], namespace: str, asked: Question) -> bool:
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


def _lines(found: list[Question]) -> Iterator[str]:
    verbs: dict[str, list[str]] = {}
    for verb, group, resource in found:
        verbs.setdefault(f"{resource}.{group}".rstrip("."), []).append(verb)
    yield from (f"{resource}: {' '.join(words)}" for resource, words in verbs.items())
