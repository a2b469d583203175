"""Who may what: a department's owner at home, at work, cluster-wide and next door; and the operator itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster
from support import tenancy


def access(cluster: Cluster, verb: str, group: str, resource: str, namespace: str) -> bool:
    plural, _, sub = resource.partition("/")
    attributes = {"verb": verb, "group": group, "resource": plural, "subresource": sub, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    return bool(cluster.create(review)["status"]["allowed"])


OURS, CORE, APPS, NET, RBAC = "govcloud.internal", "", "apps", "networking.k8s.io", "rbac.authorization.k8s.io"
HOME_ALLOWED = [
    *[(verb, OURS, "environmentrequests") for verb in ("get", "list", "watch", "create", "patch", "delete")],
    *[(verb, OURS, "environments") for verb in ("get", "list", "watch")],
    ("get", CORE, "resourcequotas"),
]
HOME_REFUSED = [
    *[(verb, OURS, "environments") for verb in ("create", "patch", "update", "delete")],
    ("patch", OURS, "environments/status"),
    ("patch", OURS, "environmentrequests/status"),
    ("create", CORE, "pods"),
    ("get", CORE, "secrets"),
    ("create", RBAC, "rolebindings"),
    ("patch", CORE, "resourcequotas"),
]
WORK_ALLOWED = [
    ("create", CORE, "pods"),
    ("create", CORE, "pods/exec"),
    ("get", CORE, "pods/log"),
    ("create", APPS, "deployments"),
    ("patch", APPS, "deployments/scale"),
    ("get", CORE, "secrets"),
    ("list", NET, "networkpolicies"),
    ("list", CORE, "resourcequotas"),
    ("create", NET, "ingresses"),
]
WORK_REFUSED = [
    *[(verb, NET, "networkpolicies") for verb in ("create", "patch", "update", "delete")],
    *[(verb, CORE, kind) for verb in ("create", "patch", "delete") for kind in ("resourcequotas", "limitranges")],
    *[(verb, RBAC, kind) for verb in ("create", "patch", "bind", "escalate") for kind in ("roles", "rolebindings")],
    ("create", CORE, "serviceaccounts/token"),
    ("impersonate", CORE, "serviceaccounts"),
    ("patch", CORE, "pods/status"),
    ("create", OURS, "environmentrequests"),
]
CLUSTER_REFUSED = [
    ("create", CORE, "namespaces"),
    ("patch", CORE, "namespaces"),
    ("delete", CORE, "namespaces"),
    ("list", CORE, "namespaces"),
    ("get", CORE, "nodes/proxy"),
    ("list", CORE, "secrets"),
    ("list", OURS, "departments"),
    ("patch", OURS, "departments"),
    ("list", OURS, "environmentrequests"),
    ("create", "certificates.k8s.io", "certificatesigningrequests"),
    ("create", "admissionregistration.k8s.io", "validatingadmissionpolicies"),
]


@pytest.mark.parametrize("what", HOME_ALLOWED, ids=str)
def test_owner_may_at_home(tax: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]) -> None:
    assert access(owner_of("tax"), *what, tax)


@pytest.mark.parametrize("what", HOME_REFUSED, ids=str)
def test_owner_may_not_at_home(tax: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]) -> None:
    assert not access(owner_of("tax"), *what, tax)


@pytest.mark.parametrize("what", WORK_ALLOWED, ids=str)
def test_owner_may_at_work(workplace: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]) -> None:
    assert access(owner_of("tax"), *what, workplace)


@pytest.mark.parametrize("what", WORK_REFUSED, ids=str)
def test_owner_may_not_at_work(workplace: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]) -> None:
    assert not access(owner_of("tax"), *what, workplace)


@pytest.mark.parametrize("what", CLUSTER_REFUSED, ids=str)
def test_owner_may_nothing_cluster_wide(
    tax: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]
) -> None:
    assert not access(owner_of("tax"), *what, "")


@pytest.mark.parametrize("what", [*HOME_ALLOWED, *WORK_ALLOWED], ids=str)
def test_departments_do_not_see_each_other(
    tax: str, health: str, workplace: str, owner_of: Callable[[str], Cluster], what: tuple[str, str, str]
) -> None:
    assert not access(owner_of("tax"), *what, health)
    assert not access(owner_of("health"), *what, tax)
    assert not access(owner_of("health"), *what, workplace)


def test_reading_another_departments_objects_fails(tax: str, health: str, owner_of: Callable[[str], Cluster]) -> None:
    with pytest.raises(errors.Forbidden):
        owner_of("tax").list(labels.API_VERSION, "EnvironmentRequest", namespace=health)
    with pytest.raises(errors.Forbidden):
        owner_of("tax").create(tenancy.request(health, "spy"))


OPERATOR_REFUSED = [
    ("list", CORE, "secrets", ""),
    ("get", CORE, "secrets", "kube-system"),
    ("list", CORE, "pods", ""),
    ("create", CORE, "pods/exec", ""),
    ("get", CORE, "nodes/proxy", ""),
    ("create", RBAC, "clusterrolebindings", ""),
    ("create", RBAC, "clusterroles", ""),
    ("escalate", RBAC, "clusterroles", ""),
    ("bind", RBAC, "clusterroles", ""),
    ("impersonate", CORE, "users", ""),
    ("create", CORE, "serviceaccounts/token", ""),
    ("update", "admissionregistration.k8s.io", "validatingadmissionpolicies", ""),
    ("patch", "apiextensions.k8s.io", "customresourcedefinitions", ""),
    ("patch", OURS, "environmentrequests", ""),
]


@pytest.mark.parametrize("what", OPERATOR_REFUSED, ids=str)
def test_operator_may_not(as_operator: Cluster, what: tuple[str, str, str, str]) -> None:
    assert not access(as_operator, *what)
