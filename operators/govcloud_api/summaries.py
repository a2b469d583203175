"""How far an object is, in words for people: phase, what it waits for, what is wrong and what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from govcloud_api import conditions

_ABNORMAL = frozenset(
    {
        "Denied",
        "Expired",
        "Expiring",
        "Idle",
        "Overdue",
        "QuotaExceeded",
        "QuotaExhausted",
        "Suspended",
        "UpgradePending",
    }
)
"""Conditions that are a problem when True; all others are one when False."""
_STEPS = frozenset({"Ready", "Provisioned", "Approved", "PolicyChecked"})
"""Conditions of a request that say how far it is, not what is wrong."""
_WITHIN_READY = frozenset({"Ready", "Provisioned", "CredentialsIssued", "Approved"})
"""Conditions of other kinds whose trouble `Ready` repeats."""
_WHAT_NEXT = {
    "Expiring": "extend it (govcloud env extend) or let it go",
    "Suspended": "ask the platform team, or for an extension (govcloud env extend)",
    "QuotaExhausted": "give something back (govcloud quota advise) or ask the platform for more",
    "QuotaExceeded": "use less, or ask for more (govcloud env change)",
    "Overdue": "remind those who decide; the platform may decide as well",
    "Denied": "read the reason and ask anew",
    "UpgradePending": "it is done in the maintenance window",
}
_WHY_NOT_VALID = {
    "StaleHash": "the request is not the one that was decided about; look at it again and decide anew",
    "NotAuthorised": "this person does not have that role there",
    "SelfApproval": "nobody decides about an own request; another person must",
    "AlreadyDecided": "this person, or this role, has spoken already",
    "WrongPlace": "a decision lies in the home of the department that decides, or in govcloud-approvals",
    "NoSuchRequest": "there is no such request any more",
}
_PEOPLE_DECIDE = "auto-approval"
_UNSEEN = "the operator, which has not seen it yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How far an object is. `problems` are sentences that say what to do next."""

    phase: str
    ready: bool
    waiting_on: str
    namespace: str
    expires_at: str
    problems: tuple[str, ...]


def summarize(obj: Mapping[str, Any]) -> Summary:
    """State of any kind in wire form. Raises KeyError for a kind that has no state of its own."""
    return _BY_KIND[obj["kind"]](obj)


def summarize_request(request: Mapping[str, Any]) -> Summary:
    """State of an EnvironmentRequest; every rule that holds it up is a problem."""
    status = request.get("status") or {}
    failing = [f"{rule['rule']}: {rule['message']}" for rule in failing_rules(request)]
    return Summary(
        phase=status.get("phase") or "Pending",
        ready=conditions.is_true(request, "Ready"),
        waiting_on=status.get("waitingOn") or ("" if status else _UNSEEN),
        namespace="",
        expires_at="",
        problems=(*failing, *_problems(status.get("conditions") or [], passed_over=_STEPS)),
    )


def failing_rules(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Results of rules that hold a request up; that people must decide is none of them."""
    found = (request.get("status") or {}).get("policyResults") or []
    return [rule for rule in found if not rule["pass"] and rule["rule"] != _PEOPLE_DECIDE]


def summarize_environment(environment: Mapping[str, Any]) -> Summary:
    """State of an Environment; its issues, and every condition that is not as it should be, is a problem."""
    status = environment.get("status") or {}
    plain = _plain(environment)
    issues = [f"{issue['object']}: {issue['message']}; {issue['fix']}" for issue in status.get("issues") or []]
    return Summary(
        phase=plain.phase,
        ready=plain.ready,
        waiting_on=plain.waiting_on,
        namespace=status.get("namespace") or "",
        expires_at=status.get("expiresAt") or (environment.get("spec") or {}).get("expiresAt") or "",
        problems=(*plain.problems, *issues),
    )


def summarize_binding(binding: Mapping[str, Any]) -> Summary:
    """State of a ServiceBinding; a revoked one is done."""
    plain = _plain(binding, passed_over=_WITHIN_READY | {"Expiring"})  # that it ends was asked for
    revoked = bool((binding.get("spec") or {}).get("revoked"))
    return Summary(
        phase="Revoked" if revoked else plain.phase,
        ready=plain.ready and not revoked,
        waiting_on=plain.waiting_on,
        namespace=(binding.get("metadata") or {}).get("namespace") or "",
        expires_at=(binding.get("status") or {}).get("expiresAt") or "",
        problems=() if revoked else plain.problems,
    )


def summarize_exemption(exemption: Mapping[str, Any]) -> Summary:
    """State of a PolicyExemption: it holds, or waits for the platform."""
    plain, spec = _plain(exemption), exemption.get("spec") or {}
    return Summary(
        phase=plain.phase,
        ready=plain.ready,
        waiting_on=plain.waiting_on,
        namespace="",
        expires_at=spec.get("expiresAt") or "",
        problems=plain.problems,
    )


def summarize_approval(approval: Mapping[str, Any]) -> Summary:
    """Whether a decision counted; one that did not says why."""
    valid = conditions.find(approval, "Valid")
    counted = valid is not None and valid["status"] == "True"
    reason = "Pending" if valid is None else str(valid["reason"])
    said = str((valid or {}).get("message") or "")
    why = "; ".join(filter(None, [said, _WHY_NOT_VALID.get(reason, "")])) or reason
    return Summary(
        phase=reason,
        ready=counted,
        waiting_on=_UNSEEN if valid is None else "",
        namespace="",
        expires_at="",
        problems=() if valid is None or counted else (f"it does not count: {why}",),
    )


def _plain(obj: Mapping[str, Any], passed_over: frozenset[str] = _WITHIN_READY) -> Summary:
    """A kind whose `Ready` says all."""
    ready = conditions.find(obj, "Ready")
    found = (obj.get("status") or {}).get("conditions") or []
    waiting = "" if ready is None or ready["status"] == "True" else str(ready.get("message") or ready["reason"])
    return Summary(
        phase="Pending" if ready is None else str(ready["reason"]),
        ready=conditions.is_true(obj, "Ready"),
        waiting_on=waiting if found else _UNSEEN,
        namespace=(obj.get("metadata") or {}).get("namespace") or "",
        expires_at="",
        problems=tuple(_problems(found, passed_over=passed_over)),
    )


def _problems(found: Iterable[Mapping[str, Any]], *, passed_over: frozenset[str]) -> list[str]:
    return [
        _sentence(condition)
        for condition in found
        if condition["type"] not in passed_over and (condition["status"] == "True") == (condition["type"] in _ABNORMAL)
    ]


def _sentence(condition: Mapping[str, Any]) -> str:
    what = f"{condition['type']}: {condition.get('message') or condition['reason']}"
    advice = _WHAT_NEXT.get(condition["type"])
    return f"{what}; {advice}" if advice else what


_BY_KIND: dict[str, Callable[[Mapping[str, Any]], Summary]] = {
    "EnvironmentRequest": summarize_request,
    "Environment": summarize_environment,
    "Approval": summarize_approval,
    "PolicyExemption": summarize_exemption,
    "ServiceBinding": summarize_binding,
    "ServiceInstance": _plain,
    "ServiceOffering": _plain,
    "Department": _plain,
}
