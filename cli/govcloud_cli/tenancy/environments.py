"""Environments and the requests about them: find them, and put them into words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govcloud_api import conditions, labels, notices, summaries
from govcloud_api.errors import NotFound
from govcloud_cli.output import indented, table
from govcloud_cli.tenancy import places, words
from govcloud_kube.cluster import Cluster, Object, Ref

if TYPE_CHECKING:
    from govcloud_cli.tables import Rows

NOT_READY = 6
_OVER = frozenset({"Ready", "Done", "Closed", "Denied"})
"""Phases of a request that nothing more comes of; what it led to is seen in the environment."""


def listing(cluster: Cluster, namespace: str | None, *, every: bool) -> list[Object]:
    """Environments, then requests that are under way; `every`: all requests, history too."""
    environments = places.listed(cluster, "Environment", namespace)
    asked = places.listed(cluster, "EnvironmentRequest", namespace)
    return [*environments, *[item for item in asked if every or phase(item) not in _OVER]]


def find(cluster: Cluster, home: str, name: str) -> Object:
    """An environment of this name, else a request, else an exemption. Raises NotFound."""
    for kind in ("Environment", "EnvironmentRequest", "PolicyExemption"):
        found = cluster.get(Ref(labels.API_VERSION, kind, name, home))
        if found is not None:
            return found
    raise NotFound(f"{home} has no environment or request {name}; `govcloud env ls` lists them")


def phase(item: Object) -> str:
    """How far a request is."""
    return str((item.get("status") or {}).get("phase") or "Pending")


def is_served(found: Object) -> bool:
    """Is it as it was asked for? A request to give back is when the environment is gone."""
    if found["kind"] == "EnvironmentRequest" and found["spec"].get("type") == "Delete":
        return phase(found) == "Closed"
    return summaries.summarize(found).ready or (found["kind"] == "EnvironmentRequest" and phase(found) == "Done")


def exit_code(found: Object) -> int:
    """0 when it is as it was asked for."""
    return 0 if is_served(found) else NOT_READY


def target(item: Object) -> str:
    """Which environment a request is about, in the words that people use."""
    spec = item["spec"]
    return str(spec.get("environmentRef") or f"{spec.get('product', '?')} {spec.get('purpose', '?')}")


def request_text(request: Object) -> str:
    """One line for a new request, more once it has been decided."""
    name, home = request["metadata"]["name"], request["metadata"]["namespace"]
    lines = [f"request {name} in {home}: {request['spec'].get('type', 'Create')} {target(request)}"]
    reference = (request.get("status") or {}).get("environmentRef")
    follow = reference["name"] if reference and is_served(request) else name
    gone = request["spec"].get("type") in ("Delete", "Transfer") and is_served(request)
    next_ = "govcloud env ls" if gone else f"govcloud env status {follow}"
    return "\n".join([*lines, *details(request), f"next: {next_}"])


def status_text(found: Object) -> str:
    """Summary, who must decide, what the rules said, then the conditions as a table."""
    rows = [
        (item["type"], item["status"], item["reason"], item.get("message", ""))
        for item in (found.get("status") or {}).get("conditions") or []
    ]
    heading = f"{found['kind']} {found['metadata']['namespace']}/{found['metadata']['name']}"
    parts = [heading, *details(found), *_trust(found), *_decision_lines(found)]
    return "\n".join([*parts, table(("CONDITION", "STATUS", "REASON", "MESSAGE"), rows) if rows else ""]).rstrip()


def _trust(found: Object) -> list[str]:
    """Where the certificate is that its services and host names are checked by."""
    if found["kind"] != "Environment" or not (found.get("status") or {}).get("namespace"):
        return []
    home = found["metadata"]["namespace"]
    return [f"certificate to trust: {home}/{notices.AUTHORITY} (print it: govcloud dept ca)"]


def listing_text(found: Sequence[Object]) -> str:
    """A table, or a sentence when there is nothing."""
    if not found:
        return 'no environments yet; ask for one: govcloud env request --product NAME --purpose sandbox --why "..."'
    rows: Rows = []
    for item in found:
        summary = summaries.summarize(item)
        home = places.code_of(item["metadata"]["namespace"])
        is_request = item["kind"] == "EnvironmentRequest"
        what = (
            f"request: {item['spec'].get('type', 'Create')} {target(item)}" if is_request else item["spec"]["purpose"]
        )
        where = (summary.namespace or "-", summary.expires_at or "-", summary.waiting_on or "-")
        rows.append((home, item["metadata"]["name"], what, summary.phase, *where))
    return table(("DEPARTMENT", "NAME", "WHAT", "PHASE", "NAMESPACE", "EXPIRES", "WAITING ON"), rows)


def details(found: Object) -> list[str]:
    """Phase, namespace, end, what it waits for, problems."""
    summary = summaries.summarize(found)
    lines = [f"phase: {summary.phase}"]
    lines += [f"namespace: {summary.namespace}"] if summary.namespace else []
    lines += [f"expires: {summary.expires_at}"] if summary.expires_at else []
    removed = (found.get("status") or {}).get("deleteAfter")
    lines += [f"removed with its data: {removed}"] if removed else []
    lines += [f"waiting on: {indented(summary.waiting_on)}"] if summary.waiting_on else []
    return [*lines, *[f"problem: {indented(problem)}" for problem in _beyond(summary)]]


def _beyond(summary: summaries.Summary) -> list[str]:
    """Problems that are not what is waited for."""
    return [problem for problem in summary.problems if not summary.waiting_on or summary.waiting_on not in problem]


def missing_text(request: Object) -> list[str]:
    """Whose word is still needed, one line each; nobody's once it is decided."""
    if phase(request) != "PolicyChecked":
        return []
    wanted = [item for item in (request.get("status") or {}).get("requiredApprovals") or [] if item["missing"]]
    late = len(wanted) > 1 and conditions.holds(request, "Overdue")
    lines = [f"{item['missing']} {item['role']} of {item['department'] or 'the platform'}" for item in wanted]
    return [*lines[:-1], f"or instead of all: {lines[-1]}"] if late and wanted[-1]["scope"] == "platform" else lines


def _decision_lines(found: Object) -> list[str]:
    status = found.get("status") or {}
    lines = [f"price: {price(found)}"] if status.get("estimate") else []
    lines += [f"policy: {status['policy']}"] if status.get("policy") else []
    lines += [f"needed: {line}" for line in missing_text(found)]
    lines += [f"due: {status['due']}"] if status.get("due") and missing_text(found) else []
    said = [
        f"{d['by']} ({d['role']}) said {d['verdict']}: {indented(d['reason']) or '-'}"
        for d in status.get("decisions") or []
    ]
    return [*lines, *[f"decided: {line}" for line in said]]


def price(request: Object) -> str:
    """`29.00 a month (+10.00)`; a dash while nobody reckoned it."""
    estimate = (request.get("status") or {}).get("estimate")
    if not estimate:
        return "-"
    return price_text(estimate["monthlyCents"], estimate.get("monthlyChangeCents", 0))


def price_text(monthly_cents: int, change_cents: int) -> str:
    """In the site's currency."""
    return f"{words.money(monthly_cents)} a month ({words.change(change_cents)})"
