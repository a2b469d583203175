"""Spec of a Department -> objects of its home namespace, in stages: isolation stands before access. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud_api import labels, notices
from govcloud_api.notices import Offer
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department
from govcloud_operators import isolation, roles
from govcloud_operators.department import incoming

HOME_HARD = {
    "pods": "0",
    "services": "0",
    "persistentvolumeclaims": "0",
    "count/secrets": "20",
    "count/configmaps": "20",
    "count/environmentrequests.govcloud.internal": "200",
    "count/environments.govcloud.internal": "100",
    "count/approvals.govcloud.internal": "1000",
    "count/policyexemptions.govcloud.internal": "100",
}
"""A home holds requests, not workloads; the counts keep one department from filling the API server."""


def home(department: Department) -> str:
    """Name of the home namespace."""
    return labels.home_namespace(department.spec.code)


def home_ref(department: Department) -> Ref:
    """Ref of the home namespace."""
    return Ref("v1", "Namespace", home(department))


def namespace(department: Department) -> Object:
    """The home namespace itself."""
    extra = {labels.DEPARTMENT: department.spec.code, labels.ROLE: "home"}
    return isolation.namespace(home(department), department.metadata.uid, extra)


def account(department: Department) -> Object:
    """The service account in whose name services are built in the department's environments; it has no token."""
    name, where = labels.tenant_account(department.spec.code), labels.TENANTS_NAMESPACE
    return isolation.account(name, where, department.metadata.uid, {labels.DEPARTMENT: department.spec.code})


def account_ref(department: Department) -> Ref:
    """Ref of that service account."""
    return ref_of(account(department))


def stages(department: Department) -> list[list[Object]]:
    """What must be there, in order; a stage starts when the one before it stands."""
    where = home(department)
    shut = [
        isolation.resource_quota(where, HOME_HARD),
        isolation.limit_range(where),
        isolation.default_deny(where),
        account(department),
    ]
    return [[namespace(department)], shut, roles.bindings(where, roles.HOME, department.spec.subjects)]


def told(department: Department, offers: Sequence[Offer], certificate: str) -> list[Object]:
    """Notices for the department's people; made when the home counts its objects, as nothing else can be before."""
    content = {
        notices.DEPARTMENT: notices.of_department(department),
        notices.TRANSFERS: incoming.content(offers),
        notices.AUTHORITY: notices.of_authority(certificate) if certificate else {},
    }
    return [notices.config_map(name, home(department), data) for name, data in content.items() if data]


def refs(department: Department) -> list[Ref]:
    """Everything fixed that a decision has to look at, besides the RoleBindings."""
    fixed = [ref_of(obj) for stage in stages(department)[:2] for obj in stage]
    return [*fixed, *(notices.ref(name, home(department)) for name in notices.NAMES)]


def with_finalizer(department: Department, *, held: bool) -> Object:
    """The Department's metadata with or without our finalizer, for server-side apply; never creates one."""
    metadata = {"name": department.metadata.name, "uid": department.metadata.uid}
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "Department",
        "metadata": metadata | {"finalizers": [labels.DEPARTMENT_FINALIZER] if held else []},
    }
