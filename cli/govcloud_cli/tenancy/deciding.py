"""One decision: find the request, show it whole, write the word, see whether it counted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from govcloud_api import labels, requests, summaries
from govcloud_api.errors import Forbidden, InvalidSpec, NotFound
from govcloud_cli.output import indented, table
from govcloud_cli.tenancy import environments, identity, inbox, places, told, words
from govcloud_cli.tenancy.identity import Identity
from govcloud_kube.cluster import Cluster, Object, Ref, ref_of

JUDGE_SECONDS = 10.0
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is decided about, and the environment that it is about (None: none, or not to be seen).

    `homes`: where the own department is told of it, as it lies in another's home; empty when it can be read itself.
    """

    request: Object
    environment: Object | None = None
    homes: Sequence[str] = ()


def find(cluster: Cluster, home: str | None, name: str) -> Asked:
    """A request or exemption by `NAME`, or `CODE/NAME` where the credentials are for no department. Raises NotFound."""
    code, slash, plain = name.rpartition("/")
    where = labels.home_namespace(code) if slash else home
    if where is None:
        raise click.UsageError(f"of which department? Say CODE/{name}, as `govcloud approvals inbox` shows it")
    try:
        return _own(cluster, where, plain)
    except Forbidden:
        homes = sorted({*([home] if home else []), *map(labels.home_namespace, identity.whoami(cluster, home).codes)})
        found = told.offer(cluster, homes, where, plain)
        if found is None:
            raise
        return Asked(request=found.request, environment=found.environment, homes=homes)


def _own(cluster: Cluster, where: str, name: str) -> Asked:
    for kind in ("EnvironmentRequest", "PolicyExemption"):
        found = cluster.get(Ref(labels.API_VERSION, kind, name, where))
        if found is not None:
            return Asked(request=found, environment=_environment(cluster, found))
    raise NotFound(f"{where} has no request {name}; `govcloud approvals inbox` lists what waits for you")


def seat(request: Object, me: Identity, role: str | None) -> inbox.Seat:
    """In which role the person decides. Raises InvalidSpec that says who can, when this person cannot."""
    name = request["metadata"]["name"]
    if me.user == request["spec"].get("requestedBy"):
        raise InvalidSpec(f"you asked for {name} yourself; another person must decide")
    open_ = inbox.seats(request, me)
    fit = [found for found in open_ if role in (None, found.role)]
    if fit:
        return fit[0]
    wanted = [item for item in inbox.required(request) if item["missing"]]
    if not wanted:
        phase = summaries.summarize(request).phase
        raise InvalidSpec(f"nothing about {name} is to be decided (it is {phase})")
    if role and (given := next((item for item in wanted if item["role"] == role), None)):
        return inbox.Seat(role=role, namespace=given["namespace"])  # the API server and the operator judge
    needed = ", ".join(f"{item['role']} of {item['department'] or 'the platform'}" for item in wanted)
    yours = ", ".join(f"{one} of {code}" for code, roles in me.roles.items() for one in roles) or "none"
    raise InvalidSpec(f"{name} needs {needed}; your roles: {yours}")


def decide(cluster: Cluster, asked: Asked, word: requests.Word) -> tuple[Object, Object]:
    """Write the word and wait for the operator's judgement; the Approval and the request as they are then.

    Raises InvalidSpec when the word does not count, with the reason.
    """
    made = cluster.create(requests.build_approval(asked.request, word))
    deadline = time.monotonic() + JUDGE_SECONDS
    while True:
        found, after = cluster.get(ref_of(made)), _after(cluster, asked, word)
        if found is None:
            raise NotFound(f"the decision {made['metadata']['name']} was deleted while it was waited for")
        judged = summaries.summarize_approval(found)
        if judged.problems:
            raise InvalidSpec("; ".join(judged.problems))
        if (judged.ready and _is_told(after, found)) or time.monotonic() > deadline:
            return found, after
        time.sleep(_POLL_SECONDS)


def _after(cluster: Cluster, asked: Asked, word: requests.Word) -> Object:
    """The request as it is now. Of another's the department is told until it is decided, and then no more."""
    request = asked.request
    if not asked.homes:
        return cluster.get(ref_of(request)) or request
    found = told.offer(cluster, asked.homes, request["metadata"]["namespace"], request["metadata"]["name"])
    if found is not None:
        return found.request
    phase = "Approved" if word.verdict == "Approve" else "Denied"
    return {**request, "status": {**(request.get("status") or {}), "phase": phase}}


def _is_told(request: Object, approval: Object) -> bool:
    """Does the request itself say what came of the word?"""
    if request["kind"] == "PolicyExemption":
        return not any(item["missing"] for item in inbox.required(request))
    key = f"{approval['metadata']['namespace']}/{approval['metadata']['name']}"
    said = [item["approval"] for item in (request.get("status") or {}).get("decisions") or []]
    return key in said or environments.phase(request) != "PolicyChecked"


def decided_text(approval: Object, request: Object) -> str:
    """Whether it counted, and whose word is still missing."""
    verdict = {"Approve": "approved", "Deny": "denied"}[approval["spec"]["verdict"]]
    lines = [f"{verdict} {inbox.address(request)} as {approval['spec']['role']}"]
    if not summaries.summarize_approval(approval).ready:
        return "\n".join(
            [
                *lines,
                f"the operator has not judged it yet; look again: govcloud approvals show {inbox.address(request)}",
            ]
        )
    missing = environments.missing_text(request) if verdict == "approved" else []
    lines += [f"still needed: {line}" for line in missing]
    return "\n".join([*lines, *([] if missing else [f"request: {summaries.summarize(request).phase}"])])


def shown(asked: Asked, now: datetime) -> str:
    """Everything a person should read before deciding."""
    request = asked.request
    spec, status = request["spec"], request.get("status") or {}
    head = [
        f"{inbox.what(request)} for {places.code_of(request['metadata']['namespace'])}",
        f"asked by: {spec.get('requestedBy', '-')} at {request['metadata'].get('creationTimestamp', '-')}",
        *_reasons(spec),
    ]
    end = [
        f"price: {environments.price(request)}",
        f"due: {words.until(status.get('due') or '', now)}",
        *environments.details(request),
        *_words(request),
        f"decision is bound to: {status.get('specHash') or 'nothing yet'}",
    ]
    return "\n".join([*head, *_changes(asked), *_handed_over(asked), *_rules(status), *end])


def _words(request: Object) -> list[str]:
    """Whose word is missing and where it belongs, and what was said."""
    missing = [item for item in inbox.required(request) if item["missing"]]
    said = (request.get("status") or {}).get("decisions") or []
    return [
        *[
            f"needed: {item['missing']} {item['role']} of {item['department'] or 'the platform'},"
            f" written in {item['namespace']}"
            for item in missing
        ],
        *[
            f"decided: {d['by']} ({d['role']}) {d['verdict']} at {d['at']}: {indented(d['reason']) or '-'}"
            for d in said
        ],
    ]


def _reasons(spec: dict[str, str | dict[str, str]]) -> list[str]:
    said = spec.get("justification")
    if not isinstance(said, dict):
        return [f"why: {indented(str(spec.get('reason', '-')))}", f"until: {spec.get('expiresAt', '-')}"]
    names = {"why": "why", "currentUse": "current use", "tried": "tried"}
    return [f"{text}: {indented(said[key])}" for key, text in names.items() if said.get(key)]


def _changes(asked: Asked) -> list[str]:
    """What is asked, beside what there is now."""
    spec, before = asked.request["spec"], asked.environment
    wanted = {key: value for key, value in spec.items() if key not in _NOT_CONTENT}
    if not wanted:
        return []
    known = before["spec"] if before else {}
    head = ("FIELD", "NOW", "ASKED") if before else ("FIELD", "ASKED")
    rows = [(key, *([_shown(known.get(key))] if before else []), _shown(value)) for key, value in wanted.items()]
    return [table(head, rows)]


def _handed_over(asked: Asked) -> list[str]:
    """Of a transfer: all that goes to the other department, its members too."""
    if asked.request["spec"].get("type") != "Transfer" or asked.environment is None:
        return []
    spec = asked.environment["spec"]
    rows = [(key, _shown(spec[key])) for key in _HANDED_OVER if key in spec]
    return [table(("HANDED OVER", "AS IT IS"), rows)]


_HANDED_OVER = ("product", "purpose", "size", "quota", "tierRef", "dataClass", "network", "members", "expiresAt")
_NOT_CONTENT = ("type", "environmentRef", "justification", "requestedBy", "reason", "rule", "expiresAt")


def _environment(cluster: Cluster, request: Object) -> Object | None:
    name = request["spec"].get("environmentRef")
    if not name:
        return None
    return cluster.get(Ref(labels.API_VERSION, "Environment", name, request["metadata"]["namespace"]))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_shown(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value) or "none"
    return "-" if value is None else str(value)


def _rules(status: dict[str, list[dict[str, str]]]) -> list[str]:
    rows = [
        ("✓" if item["pass"] else "✗", item["rule"], item["measured"], item["message"])
        for item in status.get("policyResults") or []
    ]
    return [table(("", "RULE", "MEASURED", "RESULT"), rows)] if rows else []
