"""Departments in words. Pure but for `gather` and `find`."""

from govcloud_api import labels, policy, summaries
from govcloud_api.errors import Forbidden, NotFound
from govcloud_api.v1alpha1 import Environment
from govcloud_cli.output import table
from govcloud_cli.tenancy import identity, places, told
from govcloud_kube.cluster import Cluster, Object


def gather(cluster: Cluster) -> list[Object]:
    """All departments; for a member who may not see all, the own ones. Raises Forbidden when that is none."""
    found = places.readable(cluster, "Department")
    if found is not None:
        return found
    me = identity.whoami(cluster)
    own = [item for item in (places.department(cluster, code) for code in me.codes) if item is not None]
    if not own:
        raise Forbidden(f"{me.user} may see no department; `govcloud whoami` says what you may")
    return [_counted(cluster, item) for item in own]


def find(cluster: Cluster, code: str) -> Object:
    """One department. Raises NotFound when there is no such, Forbidden when it is not the caller's."""
    try:
        return places.named(cluster, "Department", code, None)
    except Forbidden:
        found = places.department(cluster, code)
        if found is None:
            raise
        return _counted(cluster, found)


def authority(cluster: Cluster, home: str) -> str:
    """Certificate of the authority for services and ingress hosts, in PEM. Raises NotFound."""
    found = told.certificate(cluster, home)
    if not found:
        raise NotFound(f"{home} was not told of the certificate yet, or is not yours; `govcloud whoami` says where")
    return found.rstrip()


def _counted(cluster: Cluster, item: Object) -> Object:
    """What people are told has no status: what is given out is the sum of the environments at home."""
    if item.get("status"):
        return item
    home = labels.home_namespace(item["spec"]["code"])
    environments = places.readable(cluster, "Environment", home)
    if environments is None:
        return item
    given = policy.allocated(Environment.parse(environment) for environment in environments)
    hard = item["spec"]["quota"]["hard"]
    quota = {"hard": hard, "allocated": given.wire()}
    return {**item, "status": {"homeNamespace": home, "environments": len(environments), "quota": quota}}


def text(item: Object) -> str:
    """All about one: quota, limits, who has which role."""
    spec, status, summary = item["spec"], item.get("status") or {}, summaries.summarize(item)
    hard, given = spec["quota"]["hard"], (status.get("quota") or {}).get("allocated") or {}
    how = [f"phase: {summary.phase}", *([f"waiting on: {summary.waiting_on}"] if summary.waiting_on else [])]
    lines = [
        f"{spec['displayName']} ({spec['code']})",
        *(how if status.get("conditions") or not status else []),
        *[f"problem: {problem}" for problem in summary.problems],
        f"home: {status.get('homeNamespace', '-')}",
        f"environments: {status.get('environments', 0)}",
        f"tier: {spec.get('serviceTierRef', 'standard')}",
        f"data up to: {spec.get('maxDataClass', 'internal')}",
        f"cost centre: {spec.get('costCentre') or '-'}",
        f"contacts: {', '.join(spec.get('contacts') or []) or '-'}",
        *(["suspended: no new environments"] if spec.get("suspended") else []),
    ]
    quota = table(
        ("", "CPU", "MEMORY", "STORAGE"),
        [
            ("may use", *(str(hard[key]) for key in ("cpu", "memory", "storage"))),
            ("given out", *(str(given.get(key, "0")) for key in ("cpu", "memory", "storage"))),
        ],
    )
    people = [(subject["role"], subject["kind"], subject["name"]) for subject in spec.get("subjects") or []]
    return "\n".join([*lines, quota, table(("ROLE", "KIND", "NAME"), sorted(people))])
