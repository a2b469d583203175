"""Which ready-made ClusterRole a department's role gets, at home and in its environments. Pure.

The ClusterRoles are in operators/deploy; the operator may bind exactly these and can never write a role itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import department
from govcloud_operators import isolation

DEPARTMENT_OWNER = "govcloud:department-owner"
DEPARTMENT_READER = "govcloud:department-reader"
ENVIRONMENT_OWNER = "govcloud:environment-owner"
ENVIRONMENT_READER = "govcloud:environment-reader"

HOME: dict[str, tuple[department.Role, ...]] = {
    DEPARTMENT_OWNER: ("owner",),
    DEPARTMENT_READER: ("approver", "finance", "auditor", "steward", "member-manager"),
}
ENVIRONMENT: dict[str, tuple[department.Role, ...]] = {
    ENVIRONMENT_OWNER: ("owner",),
    ENVIRONMENT_READER: ("auditor", "steward"),
}


def bindings(
    where: str, given: dict[str, tuple[department.Role, ...]], subjects: Iterable[department.Subject]
) -> list[Object]:
    """RoleBindings of a namespace; a role nobody has gets none."""
    people = list(subjects)
    found = []
    for cluster_role, names in given.items():
        members = sorted({(person.kind, person.name) for person in people if person.role in names})
        if members:
            found.append(isolation.role_binding(where, cluster_role, members))
    return found


def refs(where: str, given: dict[str, tuple[department.Role, ...]]) -> list[Ref]:
    """All RoleBindings of ours that can exist in a namespace."""
    return [Ref(isolation.RBAC_VERSION, "RoleBinding", cluster_role, where) for cluster_role in given]
