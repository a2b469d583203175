"""What somebody must mend: of environments, services, credentials and requests. Pure but for `gather`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from govcloud_api import summaries
from govcloud_cli.output import table
from govcloud_cli.tenancy import inbox, places
from govcloud_cli.tenancy.identity import Identity
from govcloud_kube.cluster import Cluster, Object

_NOBODYS = frozenset(
    {
        "Pending",
        "Creating",
        "Starting",
        "Waiting",
        "Restoring",
        "NotLooked",
        "InstanceNotReady",
        "Deleting",
        "Terminating",
    }
)
"""Reasons of `Ready` that end without anybody's help, or whose fault is shown elsewhere."""
_OVER = frozenset({"Revoked", "Expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing to mend: where, how bad, what, and what to do."""

    severity: str
    department: str
    object: str
    message: str
    fix: str

    def plain(self) -> dict[str, str]:
        """For programs."""
        return {name: getattr(self, name) for name in ("severity", "department", "object", "message", "fix")}


def gather(cluster: Cluster, me: Identity, home: str | None) -> list[Issue]:
    """Everything that can be seen, errors first."""
    environments = places.everywhere(cluster, "Environment", [home] if home else None)
    requests = places.everywhere(cluster, "EnvironmentRequest", [home] if home else None)
    spaces = [item["status"]["namespace"] for item in environments if (item.get("status") or {}).get("namespace")]
    owners = {space: places.code_of(item["metadata"]["namespace"]) for item in environments for space in _space(item)}
    services = [i for kind in ("ServiceInstance", "ServiceBinding") for i in places.everywhere(cluster, kind, spaces)]
    found = [
        *(issue for item in environments for issue in of_environment(item)),
        *(issue for item in services for issue in of_service(item, owners[item["metadata"]["namespace"]])),
        *(issue for item in requests for issue in of_request(item)),
        *waiting(inbox.gather(cluster, me, home)),
    ]
    return sorted(found, key=lambda issue: (issue.severity != "error", issue.department, issue.object))


def _space(environment: Object) -> Iterator[str]:
    namespace = (environment.get("status") or {}).get("namespace")
    if namespace:
        yield str(namespace)


def of_environment(item: Object) -> Iterator[Issue]:
    """What the operator found in it, and conditions that are not as they should be."""
    name, code = item["metadata"]["name"], places.code_of(item["metadata"]["namespace"])
    for found in (item.get("status") or {}).get("issues") or []:
        yield Issue(
            severity=found["severity"],
            department=code,
            object=f"{name}: {found['object']}",
            message=found["message"],
            fix=found["fix"],
        )
    known = {found["message"] for found in (item.get("status") or {}).get("issues") or []}
    plain = {**item, "status": {**(item.get("status") or {}), "issues": []}}
    for problem in summaries.summarize(plain).problems:
        what, _, advice = problem.partition("; ")
        if not any(message in problem for message in known):
            fix = advice or f"govcloud env status {name}"
            yield Issue(severity="warning", department=code, object=f"environment {name}", message=what, fix=fix)


def of_service(item: Object, code: str) -> Iterator[Issue]:
    """A service or an access that is not ready and does not get so by itself."""
    summary, name = summaries.summarize(item), item["metadata"]["name"]
    word = "service" if item["kind"] == "ServiceInstance" else "binding"
    where = f"{word} {item['metadata']['namespace']}/{name}"
    instance = name if word == "service" else item["spec"]["instanceRef"]
    fix = f"govcloud service show {instance}"
    if summary.phase in _OVER:
        return
    if not summary.ready and summary.phase not in _NOBODYS:
        message = f"{summary.phase}: {summary.waiting_on}".rstrip(": ")
        yield Issue(severity="error", department=code, object=where, message=message, fix=fix)
    for problem in summary.problems:
        if summary.waiting_on not in problem or not summary.waiting_on:
            yield Issue(severity="warning", department=code, object=where, message=problem, fix=fix)


def of_request(item: Object) -> Iterator[Issue]:
    """One that a rule holds up, that is late, or that was denied."""
    if (item.get("status") or {}).get("phase") not in ("PolicyChecked", "Denied"):
        return
    summary, status = summaries.summarize(item), item.get("status") or {}
    name, code = item["metadata"]["name"], places.code_of(item["metadata"]["namespace"])
    denied = status["phase"] == "Denied"
    waits = summaries.failing_rules(item)
    if denied or waits or any(problem.startswith("Overdue") for problem in summary.problems):
        message = "; ".join(summary.problems) or summary.waiting_on or status["phase"]
        fix = "read the reason and ask anew" if denied else f"govcloud env status {name}"
        severity = "warning" if denied or not waits else "error"
        yield Issue(severity=severity, department=code, object=f"request {name}", message=message, fix=fix)


def waiting(entries: Iterable[inbox.Entry]) -> Iterator[Issue]:
    """Late decisions that the reader could make."""
    for entry in entries:
        if entry.plain()["overdue"]:
            address = inbox.address(entry.request)
            yield Issue(
                severity="error",
                department=places.code_of(entry.request["metadata"]["namespace"]),
                object=f"request {address}",
                message=f"your decision is late: {inbox.what(entry.request)}",
                fix=f"govcloud approvals show {address}",
            )


def text(found: Sequence[Issue]) -> str:
    """A table, or the good news."""
    if not found:
        return "nothing to mend"
    rows = [(issue.severity, issue.department, issue.object, issue.message, issue.fix) for issue in found]
    return table(("SEVERITY", "DEPARTMENT", "WHERE", "WHAT", "WHAT TO DO"), rows)
