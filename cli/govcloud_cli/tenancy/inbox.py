"""What waits for a person's word: open requirements that this person can fill. Pure but for `gather`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govcloud_api import conditions, decision, labels, summaries
from govcloud_cli.output import table
from govcloud_cli.tenancy import environments, places, told, words
from govcloud_cli.tenancy.identity import Identity
from govcloud_kube.cluster import Cluster, Object

_PLATFORM = decision.platform_seat("approver")
_PLATFORM_APPROVER: tuple[str, str] = (_PLATFORM.role, _PLATFORM.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """In which role, and written where, a word would count."""

    role: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request, and the seats that the reader can fill."""

    request: Object
    seats: tuple[Seat, ...]

    def plain(self) -> dict[str, Any]:
        """For programs."""
        metadata, spec, status = self.request["metadata"], self.request["spec"], self.request.get("status") or {}
        return {
            "name": address(self.request),
            "kind": self.request["kind"],
            "namespace": metadata["namespace"],
            "requestedBy": spec.get("requestedBy", ""),
            "what": what(self.request),
            "as": [{"role": seat.role, "namespace": seat.namespace} for seat in self.seats],
            "monthlyCents": (status.get("estimate") or {}).get("monthlyCents"),
            "monthlyChangeCents": (status.get("estimate") or {}).get("monthlyChangeCents"),
            "due": status.get("due", ""),
            "overdue": conditions.holds(self.request, "Overdue"),
            "heldUpBy": [rule["rule"] for rule in summaries.failing_rules(self.request)],
        }


def gather(cluster: Cluster, me: Identity, home: str | None) -> list[Entry]:
    """Everything that waits for `me`, the most urgent first. Own requests never do: another person decides."""
    namespaces = _namespaces(cluster, me, home)
    kinds = ("EnvironmentRequest", "PolicyExemption")
    found = [item for kind in kinds for item in places.everywhere(cluster, kind, namespaces)]
    found += [offer.request for offer in told.offers(cluster, namespaces or ()) if not _among(offer.request, found)]
    entries = [Entry(request=item, seats=seats(item, me)) for item in found]
    return sorted((entry for entry in entries if entry.seats), key=lambda entry: _urgency(entry.request))


def _namespaces(cluster: Cluster, me: Identity, home: str | None) -> list[str] | None:
    """Where to look: everywhere, else the homes of the person's departments."""
    if places.readable(cluster, "EnvironmentRequest") is not None:
        return None
    return sorted({*([home] if home else []), *map(labels.home_namespace, me.codes)})


def _among(request: Object, found: Iterable[Object]) -> bool:
    """Of one's own two departments the request itself is seen, too."""
    return any(item["metadata"].get("uid") == request["metadata"].get("uid") for item in found)


def seats(request: Object, me: Identity) -> tuple[Seat, ...]:
    """What `me` can fill of what is still missing."""
    if me.user == request["spec"].get("requestedBy") or me.user in _heard(request):
        return ()
    wanted = [item for item in required(request) if item["missing"]]
    own = [(item["role"], item["namespace"]) for item in wanted]
    late = conditions.holds(request, "Overdue")  # a policy that does not escalate has denied it by now
    own += [_PLATFORM_APPROVER] if wanted and late else []
    fit = dict.fromkeys(seat for seat in own if seat in me.seats)
    return tuple(Seat(role=role, namespace=namespace) for role, namespace in fit)


def required(request: Object) -> list[dict[str, Any]]:
    """Whose word is needed, as the operator says; about an exemption an approver of the platform decides."""
    if request["kind"] != "PolicyExemption":
        open_ = environments.phase(request) == "PolicyChecked"
        return list((request.get("status") or {}).get("requiredApprovals") or []) if open_ else []
    word = conditions.find(request, "Approved") or {}
    over = word.get("status") == "True" or word.get("reason") == "Denied" or conditions.holds(request, "Expired")
    role, namespace = _PLATFORM_APPROVER
    return [{"role": role, "scope": "platform", "department": "", "namespace": namespace, "missing": 0 if over else 1}]


def _heard(request: Object) -> set[str]:
    return {item["by"] for item in (request.get("status") or {}).get("decisions") or []}


def _urgency(request: Object) -> tuple[bool, str, str]:
    due = (request.get("status") or {}).get("due") or "9999"
    return (not conditions.holds(request, "Overdue"), due, address(request))


def address(request: Object) -> str:
    """`tax/forms-prod-x7k2p`: how `show`, `approve` and `deny` take it."""
    return f"{places.code_of(request['metadata']['namespace'])}/{request['metadata']['name']}"


def what(request: Object) -> str:
    """`Change forms-prod`, `exempt forms-prod from image-registry`."""
    spec = request["spec"]
    if request["kind"] == "PolicyExemption":
        return f"exempt {spec['environmentRef']} from {spec['rule']}"
    return f"{spec.get('type', 'Create')} {environments.target(request)}"


def text(entries: Iterable[Entry], now: datetime) -> str:
    """A table, or a sentence when there is nothing to decide."""
    rows = [
        (
            address(entry.request),
            entry.request["spec"].get("requestedBy", "-"),
            _held_up(entry.request),
            environments.price(entry.request),
            _due(entry.request, now),
            ", ".join(seat.role for seat in entry.seats),
        )
        for entry in entries
    ]
    if not rows:
        return "nothing waits for your decision"
    return table(("REQUEST", "WHO", "WHAT", "PRICE", "DUE", "DECIDE AS"), rows)


def _held_up(request: Object) -> str:
    """What, and which rules keep it from being served whatever people say."""
    rules = [rule["rule"] for rule in summaries.failing_rules(request)]
    return f"{what(request)} (held up by: {', '.join(rules)})" if rules else what(request)


def _due(request: Object, now: datetime) -> str:
    due = str((request.get("status") or {}).get("due") or "")
    late = "overdue: " if conditions.holds(request, "Overdue") else ""
    return f"{late}{words.until(due, now)}"
