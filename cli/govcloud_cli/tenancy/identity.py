"""Who these credentials are for, and which roles that person has where."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from govcloud_api import decision, labels
from govcloud_api.errors import ApiUnavailable
from govcloud_cli.tenancy import places
from govcloud_kube.cluster import Cluster, Object

_REVIEW = "authentication.k8s.io/v1"
_ACCESS = "authorization.k8s.io/v1"
PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """As the API server knows the caller. `roles`: of each department's code, and of `platform`."""

    user: str
    groups: tuple[str, ...]
    roles: dict[str, tuple[str, ...]]

    @property
    def seats(self) -> frozenset[tuple[str, str]]:
        """(role, namespace) in which this person may write decisions."""
        return frozenset((role, namespace_of(code)) for code, roles in self.roles.items() for role in roles)

    @property
    def codes(self) -> tuple[str, ...]:
        """Departments in which this person has a role."""
        return tuple(code for code in self.roles if code != PLATFORM)


def namespace_of(code: str) -> str:
    """Where people of a department, or of the platform, write their decisions."""
    return labels.APPROVALS_NAMESPACE if code == PLATFORM else labels.home_namespace(code)


def whoami(cluster: Cluster, home: str | None = None) -> Identity:
    """Ask the API server; `home` is where the credentials are for. Raises Forbidden for some that nobody knows."""
    body = {"apiVersion": _REVIEW, "kind": "SelfSubjectReview"}
    info = _status(cluster.raw("POST", f"/apis/{_REVIEW}/selfsubjectreviews", body)).get("userInfo") or {}
    user, groups = str(info.get("username", "")), tuple(info.get("groups") or ())
    return Identity(user=user, groups=groups, roles=_roles(user, groups, _departments(cluster, groups, home)))


def may(cluster: Cluster, verb: str, resource: str, namespace: str) -> bool:
    """Do these credentials allow it? `resource` is one of ours."""
    asked = {"verb": verb, "group": labels.GROUP, "resource": resource, "namespace": namespace}
    body = {"apiVersion": _ACCESS, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
    return bool(_status(cluster.raw("POST", f"/apis/{_ACCESS}/selfsubjectaccessreviews", body)).get("allowed"))


def _status(answer: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(answer).get("status") or {})
    except (ValueError, AttributeError, TypeError) as error:
        raise ApiUnavailable("the API server answered something that is no review; try again") from error


def _departments(cluster: Cluster, groups: Iterable[str], home: str | None) -> list[Object]:
    """All that may be seen; else that of the home, and those whose code begins a group's name."""
    found = places.readable(cluster, "Department")
    if found is not None:
        return found
    codes = {group.partition(":")[0] for group in groups if ":" in group} - {PLATFORM, "system"}
    codes |= {places.code_of(home)} if home else set()
    return [item for item in (places.department(cluster, code) for code in sorted(codes)) if item is not None]


def _roles(user: str, groups: tuple[str, ...], departments: list[Object]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in departments:
        own = {
            subject["role"]
            for subject in item["spec"].get("subjects") or []
            if (subject["name"] == user if subject["kind"] == "User" else subject["name"] in groups)
        }
        if own:
            found[item["spec"]["code"]] = tuple(sorted(own))
    found |= {code: roles for code, roles in _by_name(groups).items() if code not in found and not departments}
    platform = sorted(
        group.removeprefix(decision.PLATFORM_PREFIX) for group in groups if group.startswith(decision.PLATFORM_PREFIX)
    )
    return found | ({PLATFORM: tuple(platform)} if platform else {})


def _by_name(groups: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Roles by the names of groups (`tax:owner`), where departments themselves may not be read."""
    found: dict[str, list[str]] = {}
    for group in groups:
        code, colon, role = group.partition(":")
        if colon and code not in (PLATFORM, "system"):
            found.setdefault(code, []).append(role)
    return {code: tuple(sorted(roles)) for code, roles in found.items()}
