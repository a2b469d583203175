"""What a person may do where, in words: asked from the API server, not guessed from names of groups."""

from collections.abc import Iterator
from dataclasses import dataclass

from govcloud_api import labels, notices
from govcloud_cli.output import table
from govcloud_cli.tenancy import identity, places, told
from govcloud_cli.tenancy.identity import Identity
from govcloud_kube.cluster import Cluster

_HOME = (
    ("ask for environments", "create", "environmentrequests"),
    ("see requests and environments", "list", "environments"),
    ("write decisions", "create", "approvals"),
    ("ask for exemptions", "create", "policyexemptions"),
)
_PLATFORM = (("write decisions for the platform", "create", "approvals"),)
_SPACE = (
    ("order services", "create", "serviceinstances"),
    ("see services", "list", "serviceinstances"),
    ("get credentials", "create", "servicebindings"),
)
_EVERYWHERE = (("see all departments' requests", "list", "environmentrequests"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """May, or may not."""

    where: str
    what: str
    allowed: bool


def gather(cluster: Cluster, me: Identity, home: str | None) -> list[Right]:
    """In the homes and environments of the person's departments, and for the platform."""
    homes = sorted({*([home] if home else []), *map(labels.home_namespace, me.codes)})
    found = [right for namespace in homes for right in _in_home(cluster, namespace)]
    found += _rights(cluster, labels.APPROVALS_NAMESPACE, _PLATFORM)
    return [*found, *_rights(cluster, "", _EVERYWHERE)]


def _in_home(cluster: Cluster, home: str) -> Iterator[Right]:
    yield from _rights(cluster, home, _HOME)
    environments = places.readable(cluster, "Environment", home) or []
    for item in environments:
        namespace = (item.get("status") or {}).get("namespace")
        if namespace:
            yield from _rights(cluster, namespace, _SPACE)


def _rights(cluster: Cluster, namespace: str, asked: tuple[tuple[str, str, str], ...]) -> list[Right]:
    where = namespace or "everywhere"
    return [
        Right(where=where, what=what, allowed=identity.may(cluster, verb, resource, namespace))
        for what, verb, resource in asked
    ]


def text(me: Identity, found: list[Right], trusts: list[str]) -> str:
    """Who, which roles, where the certificate to trust lies, what is allowed."""
    roles = [f"role: {role} of {_whose(code)}" for code, names in me.roles.items() for role in names]
    head = [f"user: {me.user}", f"groups: {', '.join(me.groups) or 'none'}", *(roles or ["role: none"])]
    head += [f"certificate to trust: {place} (print it: govcloud dept ca)" for place in trusts]
    rows = [(right.where, right.what) for right in found if right.allowed]
    may = table(("WHERE", "YOU MAY"), rows) if rows else "you may nothing here; ask your member manager for a role"
    return "\n".join([*head, may])


def trusts(cluster: Cluster, me: Identity, home: str | None) -> list[str]:
    """ConfigMaps with the certificate of the authority for services and ingress hosts, as NAMESPACE/NAME."""
    homes = sorted({*([home] if home else []), *map(labels.home_namespace, me.codes)})
    return [f"{where}/{notices.AUTHORITY}" for where in homes if told.certificate(cluster, where)]


def _whose(code: str) -> str:
    return "the platform" if code == identity.PLATFORM else code
