"""Departments in words. Pure but for `gather`."""

from govcloud_api import summaries
from govcloud_api.errors import Forbidden
from govcloud_cli.output import table
from govcloud_cli.tenancy import identity, places
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
    return own


def text(item: Object) -> str:
    """All about one: quota, limits, who has which role."""
    spec, status, summary = item["spec"], item.get("status") or {}, summaries.summarize(item)
    hard, given = spec["quota"]["hard"], (status.get("quota") or {}).get("allocated") or {}
    lines = [
        f"{spec['displayName']} ({spec['code']})",
        f"phase: {summary.phase}",
        *([f"waiting on: {summary.waiting_on}"] if summary.waiting_on else []),
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
