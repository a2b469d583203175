"""Requests and environments as the `env` commands need them: ask, wait, find, and put into words."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from govcloud_api import conditions, labels, requests
from govcloud_api.errors import NotFound
from govcloud_cli.access import home_namespace
from govcloud_cli.output import table
from govcloud_cli.progress import Progress
from govcloud_kube.cluster import Cluster, Object, Ref

if TYPE_CHECKING:
    from govcloud_cli.tables import Rows

_WAIT_SECONDS = 300.0
_POLL_SECONDS = 0.5
_NOT_READY = 6


def ask(cluster: Cluster, home: str, wish: dict[str, Any], *, dry_run: bool) -> Object:
    """Create the request. Raises InvalidSpec, Forbidden, NotFound as the API server decides."""
    asked = requests.Wish(
        department=home.removeprefix(labels.home_namespace("")),
        product=wish["product"],
        purpose=wish["purpose"],
        size=wish["size"],
        lifetime_days=wish["days"],
        why=wish["why"],
    )
    return cluster.create(requests.build_environment_request(asked), dry_run=dry_run)


def wait(cluster: Cluster, request: Object) -> Object:
    """Follow a request until it is ready, waits for a person, or time is up; returns it as it is then."""
    reference = _reference(request)
    deadline = time.monotonic() + _WAIT_SECONDS
    with Progress() as progress:
        progress.phase("environment")
        while True:
            found = cluster.get(reference)
            if found is None:
                raise NotFound(f"{reference} was deleted while it was waited for")
            summary = requests.summarize_request(found)
            progress.step(f"{summary.phase}: {summary.waiting_on}".rstrip(": "))
            decided = (
                summary.phase in ("PolicyChecked", "Denied") and conditions.find(found, "PolicyChecked") is not None
            )
            if summary.ready or decided or time.monotonic() > deadline:
                progress.done(1 if summary.ready else 0, summary.phase)
                return found
            time.sleep(_POLL_SECONDS)


def scope(site: Path, kubeconfig: Path | None, department: str | None) -> str | None:
    """Namespace to list in; None: all (for administrators, whose credentials name no department)."""
    try:
        return home_namespace(site, kubeconfig, department)
    except click.UsageError:
        return None


def listing(cluster: Cluster, namespace: str | None) -> list[Object]:
    """Environments, then requests that did not become one yet."""
    environments = cluster.list(labels.API_VERSION, requests.ENVIRONMENT, namespace=namespace)
    asked = cluster.list(labels.API_VERSION, requests.REQUEST, namespace=namespace)
    return [*environments, *[item for item in asked if not (item.get("status") or {}).get("environmentRef")]]


def find(cluster: Cluster, home: str, name: str) -> Object:
    """An environment of this name, else a request. Raises NotFound."""
    for kind in (requests.ENVIRONMENT, requests.REQUEST):
        found = cluster.get(Ref(labels.API_VERSION, kind, name, home))
        if found is not None:
            return found
    raise NotFound(f"{home} has no environment or request {name}; `govcloud env ls` lists them")


def exit_code(found: Object) -> int:
    """0 when ready."""
    return 0 if _summary(found).ready else _NOT_READY


def request_text(request: Object, *, dry_run: bool) -> str:
    """One line for a new request, more once it has been decided."""
    name = request["metadata"].get("name") or request["metadata"].get("generateName", "")
    if dry_run:
        return f"the request is valid; nothing was created ({name})"
    lines = [f"request {name} in {request['metadata']['namespace']}", *_details(request)]
    reference = (request.get("status") or {}).get("environmentRef")
    return "\n".join([*lines, f"next: govcloud env status {reference['name'] if reference else name}"])


def status_text(found: Object) -> str:
    """Conditions as a table below the summary."""
    rows = [
        (item["type"], item["status"], item["reason"], item.get("message", ""))
        for item in (found.get("status") or {}).get("conditions") or []
    ]
    heading = f"{found['kind']} {found['metadata']['namespace']}/{found['metadata']['name']}"
    return "\n".join(
        [heading, *_details(found), table(("CONDITION", "STATUS", "REASON", "MESSAGE"), rows) if rows else ""]
    ).rstrip()


def listing_text(found: Sequence[Object]) -> str:
    """A table, or a sentence when there is nothing."""
    if not found:
        return 'no environments yet; ask for one: govcloud env request --product NAME --purpose sandbox --why "..."'
    rows: Rows = []
    for item in found:
        summary = _summary(item)
        home = item["metadata"]["namespace"].removeprefix(labels.home_namespace(""))
        what = (home, item["metadata"]["name"], item["spec"]["purpose"], summary.phase)
        rows.append((*what, summary.namespace or "-", summary.expires_at or "-", summary.waiting_on or "-"))
    return table(("DEPARTMENT", "NAME", "PURPOSE", "PHASE", "NAMESPACE", "EXPIRES", "WAITING ON"), rows)


def _details(found: Object) -> list[str]:
    summary = _summary(found)
    lines = [f"phase: {summary.phase}"]
    lines += [f"namespace: {summary.namespace}"] if summary.namespace else []
    lines += [f"expires: {summary.expires_at}"] if summary.expires_at else []
    lines += [f"waiting on: {summary.waiting_on}"] if summary.waiting_on else []
    return [*lines, *[f"problem: {problem}" for problem in summary.problems]]


def _summary(found: Object) -> requests.Summary:
    if found["kind"] == requests.ENVIRONMENT:
        return requests.summarize_environment(found)
    return requests.summarize_request(found)


def _reference(item: Object) -> Ref:
    return Ref(labels.API_VERSION, requests.REQUEST, item["metadata"]["name"], item["metadata"]["namespace"])
