"""Which ready-made ClusterRole a department's role gets, at home and in its environments. Pure.

The ClusterRoles are in operators/deploy; the operator may bind exactly these and can never write a role itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_api.v1alpha1 import department, environment, model
from govcloud_operators import isolation

DEPARTMENT_OWNER = "govcloud:department-owner"
DEPARTMENT_APPROVER = "govcloud:department-approver"
DEPARTMENT_FINANCE = "govcloud:department-finance"
DEPARTMENT_AUDITOR = "govcloud:department-auditor"
DEPARTMENT_STEWARD = "govcloud:department-steward"
DEPARTMENT_MEMBER_MANAGER = "govcloud:department-member-manager"
DEPARTMENT_READER = "govcloud:department-reader"
DEPARTMENT_NOTICES = "govcloud:department-notices"
"""Reads what the operator leaves in the home for the department's people; see `govcloud_api.notices`."""
ENVIRONMENT_OWNER = "govcloud:environment-owner"
ENVIRONMENT_READER = "govcloud:environment-reader"

ENVIRONMENT_EDITOR = "govcloud:environment-editor"
ENVIRONMENT_VIEWER = "govcloud:environment-viewer"
TENANT_SERVICES = "govcloud:tenant-services"

HOME: dict[str, tuple[model.Role, ...]] = {
    DEPARTMENT_OWNER: ("owner",),
    DEPARTMENT_APPROVER: ("approver",),
    DEPARTMENT_FINANCE: ("finance",),
    DEPARTMENT_AUDITOR: ("auditor",),
    DEPARTMENT_STEWARD: ("steward",),
    DEPARTMENT_MEMBER_MANAGER: ("member-manager",),
    DEPARTMENT_READER: (),
    DEPARTMENT_NOTICES: get_args(model.Role),
}
ENVIRONMENT: dict[str, tuple[model.Role, ...]] = {
    ENVIRONMENT_OWNER: ("owner",),
    ENVIRONMENT_READER: ("auditor", "steward"),
}
MEMBER = {"editor": ENVIRONMENT_EDITOR, "viewer": ENVIRONMENT_VIEWER}


def bindings(
    where: str, given: dict[str, tuple[model.Role, ...]], subjects: Iterable[department.Subject]
) -> list[Object]:
    """RoleBindings of a namespace; a role nobody has gets none."""
    people = list(subjects)
    found = []
    for cluster_role, names in given.items():
        members = sorted({(person.kind, person.name) for person in people if person.role in names})
        if members:
            found.append(isolation.role_binding(where, cluster_role, members))
    return found


def members(where: str, people: Iterable[environment.Member]) -> list[Object]:
    """RoleBindings of those who get into one environment besides the department's own people."""
    found, everybody = [], list(people)
    for role, cluster_role in MEMBER.items():
        named = sorted({(person.kind, person.name) for person in everybody if person.role == role})
        if named:
            found.append(isolation.role_binding(where, cluster_role, named))
    return found


def services(where: str, department_code: str) -> Object:
    """Lets the account in whose name the operator builds the department's services into one environment."""
    account = labels.tenant_account(department_code)
    return isolation.account_binding(where, TENANT_SERVICES, account, labels.TENANTS_NAMESPACE)


def in_home() -> frozenset[str]:
    """Names of all RoleBindings of ours that can exist in a department's home."""
    return frozenset(HOME)


def in_environment() -> frozenset[str]:
    """Names of all RoleBindings of ours that can exist in an environment."""
    return frozenset({*ENVIRONMENT, *MEMBER.values(), TENANT_SERVICES})
