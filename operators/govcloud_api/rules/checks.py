"""The rules a request must pass: each says what was measured and what would pass. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from govcloud_api import conditions, policy
from govcloud_api.rules import limits
from govcloud_api.rules.observed import Observed, Part
from govcloud_api.rules.terms import born
from govcloud_api.v1alpha1 import EnvironmentRequest, environment_request
from govcloud_api.v1alpha1.approval_policy import RequestType

PolicyResult = environment_request.PolicyResult
Rule = Callable[[Observed], PolicyResult]

UNDECIDED = frozenset({None, "Pending", "PolicyChecked", "Approved"})
"""Phases of a request that may still change its environment."""
KEPT_PREFIXES = ("system:", "platform:")
"""Names of the cluster's and the platform's own; no member of an environment."""
_ALL: frozenset[RequestType] = frozenset({"Create", "Change", "Extend", "Transfer", "Delete"})
_OTHERS = _ALL - {"Create"}
_SHAPING: frozenset[RequestType] = frozenset({"Create", "Change"})
_MOVING: frozenset[RequestType] = frozenset({"Transfer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule and the types of request it is about; `blind` ones need neither department nor environment.

    `needs`: parts without which it says nothing.
    """

    rule: Rule
    types: frozenset[RequestType] = field(default=_ALL)
    blind: bool = False
    needs: frozenset[Part] = frozenset()


def evaluate(observed: Observed) -> list[PolicyResult]:
    """Verdict of every rule about this type, in a fixed order; none hides another that can be measured."""
    seeing = observed.wanted is not None and observed.is_placed
    rows = [row for row in ROWS if observed.request.spec.type in row.types and (seeing or row.blind)]
    return [row.rule(observed) for row in rows if not row.needs & observed.hidden]


def department_active(observed: Observed) -> PolicyResult:
    """The namespace is the home of a department that may ask; a suspended one may only give back."""
    found = observed.department
    if found is None:
        text = "this namespace is not the home of a department; ask in your own dept-<code> namespace"
        return limits.result("department-active", text, "no department", passed=False)
    if found.spec.suspended and observed.request.spec.type != "Delete":
        text = "the department is suspended; ask the platform team to lift it"
        return limits.result("department-active", text, "suspended", passed=False)
    state = "suspended" if found.spec.suspended else "active"
    return limits.result("department-active", "the department may ask for this", state)


def requester_known(observed: Observed) -> PolicyResult:
    """The API server wrote down who asks."""
    who = observed.request.spec.requested_by
    if not who:
        text = "nobody is recorded as the requester; delete this request and ask again"
        return limits.result("requester-known", text, "empty", passed=False)
    return limits.result("requester-known", "the requester is recorded", who)


def name_free(observed: Observed) -> PolicyResult:
    """No other request has led to an environment for the same product and purpose."""
    name, holder = observed.environment_name, observed.environment
    if holder is None:
        return limits.result("name-free", "the name is free", name)
    text = (
        f"environment {name} exists already, from request {holder.spec.request_ref.name}; "
        "use it, give it back, or choose another product name"
    )
    return limits.result("name-free", text, name, passed=False)


def environment_exists(observed: Observed) -> PolicyResult:
    """What a request is about is there and stays."""
    name, found = observed.environment_name, observed.environment
    if found is None:
        text = f"there is no environment {name} in this department; look with: govcloud env ls"
        return limits.result("environment-exists", text, "none", passed=False)
    if found.metadata.deletion_timestamp:
        text = f"environment {name} is being given back; ask for a new one"
        return limits.result("environment-exists", text, "going", passed=False)
    return limits.result("environment-exists", "the environment is there", name)


def no_open_request(observed: Observed) -> PolicyResult:
    """One decision about an environment at a time, in the order in which people asked."""
    before = [r for r in observed.rivals if r.status.phase in UNDECIDED and _order(r) < _order(observed.request)]
    if not before:
        return limits.result("no-open-request", "no other request about it is open", "none")
    first = min(before, key=_order)
    name = first.metadata.name
    text = f"request {name} about the same environment is open; wait for it, or delete it to cancel it"
    return limits.result("no-open-request", text, name, passed=False)


def legal_hold(observed: Observed) -> PolicyResult:
    """Nothing under legal hold goes."""
    found = observed.environment
    if found is not None and found.spec.legal_hold:
        text = "the environment is under legal hold; only the platform team can lift it"
        return limits.result("legal-hold", text, "held", passed=False)
    return limits.result("legal-hold", "nothing holds it", "not held")


def lifetime(observed: Observed) -> PolicyResult:
    """Short-lived purposes stay within their longest life."""
    spec, purpose = observed.request.spec, observed.purpose
    if spec.type == "Extend":
        return _extension(observed, spec.lifetime_days or 1)
    days = policy.lifetime_days(purpose, spec.lifetime_days)
    longest = policy.MAX_LIFETIME_DAYS.get(purpose)
    if days is None:
        return limits.result("lifetime", "this purpose does not expire", "no expiry")
    if longest is not None and days > longest:
        text = f"{purpose} lives at most {longest} days; ask for {longest} or fewer"
        return limits.result("lifetime", text, f"{days} days", passed=False)
    return limits.result("lifetime", "the lifetime is within its limit", f"{days} days")


def members_sane(observed: Observed) -> PolicyResult:
    """Everybody once, and nobody of the cluster itself."""
    members = limits.wanted_terms(observed).members
    kept = sorted({m.name for m in members if m.name.startswith(KEPT_PREFIXES)})
    if kept:
        text = f"{', '.join(kept)} belongs to the cluster or the platform; name people or groups of the department"
        return limits.result("members", text, kept[0], passed=False)
    twice = _repeated(f"{m.kind} {m.name}" for m in members)
    if twice:
        text = f"{', '.join(twice)} is named more than once; give each one role"
        return limits.result("members", text, twice[0], passed=False)
    return limits.result("members", "everybody is named once", f"{len(members)} members")


def hosts_sane(observed: Observed) -> PolicyResult:
    """Host names are whole, outside the cloud's own, and nobody else's."""
    hosts = limits.wanted_terms(observed).network.ingress_hosts
    own = f"{observed.request.metadata.namespace}/{observed.environment_name}"
    wrong = [_host_fault(host, observed.hosts.get(host, own), own) for host in hosts]
    faults = [fault for fault in wrong if fault] + [f"{host} is named twice" for host in _repeated(hosts)]
    if faults:
        text = f"{'; '.join(faults)}; choose other names"
        return limits.result("hosts", text, faults[0], passed=False)
    text = "the host names are whole" if "hosts" in observed.hidden else "the host names are free"
    return limits.result("hosts", text, f"{len(hosts)} hosts")


def receiver_known(observed: Observed) -> PolicyResult:
    """A transfer goes to another, active department that has no environment of that name."""
    code, found = observed.request.spec.transfer_to or "", observed.receiver
    if found is None:
        text = f"there is no department {code} with a home; check the code"
        return limits.result("receiver-known", text, code, passed=False)
    if observed.department is not None and found.spec.code == observed.department.spec.code:
        return limits.result("receiver-known", "the environment is this department's already", code, passed=False)
    if found.spec.suspended:
        return limits.result("receiver-known", f"department {code} is suspended", "suspended", passed=False)
    if any(e.metadata.name == observed.environment_name for e in observed.receivers_environments):
        text = f"department {code} has an environment {observed.environment_name} already; it must go first"
        return limits.result("receiver-known", text, observed.environment_name, passed=False)
    return limits.result("receiver-known", "the receiver is another active department", code)


def policy_known(observed: Observed) -> PolicyResult:
    """Somebody may decide about it."""
    found = observed.policy
    if found is None:
        text = "no ApprovalPolicy is about such requests; ask the platform team to write one"
        return limits.result("policy-known", text, "none", passed=False)
    return limits.result("policy-known", "it is known who decides", found.metadata.name)


def _needs(*parts: Part) -> frozenset[Part]:
    return frozenset(parts)


ROWS: tuple[Row, ...] = (
    Row(rule=department_active, blind=True, needs=_needs("department")),
    Row(rule=requester_known, blind=True, needs=_needs("requester")),
    Row(rule=name_free, types=frozenset({"Create"}), needs=_needs("environments")),
    Row(rule=environment_exists, types=_OTHERS, blind=True, needs=_needs("environments")),
    Row(rule=no_open_request, types=_OTHERS, blind=True, needs=_needs("rivals")),
    Row(rule=receiver_known, types=_MOVING, needs=_needs("receiver")),
    Row(rule=legal_hold, types=_MOVING | {"Delete"}),
    Row(rule=lifetime, types=frozenset({"Create", "Extend"})),
    Row(rule=limits.tier_known, types=_SHAPING, needs=_needs("tiers")),
    Row(rule=limits.size_sane, types=_SHAPING, needs=_needs("tiers")),
    Row(rule=limits.within_quota, types=_SHAPING, needs=_needs("department", "environments")),
    Row(rule=limits.within_quota, types=_MOVING, needs=_needs("receiver")),
    Row(rule=limits.not_in_use, types=frozenset({"Change"}), needs=_needs("used")),
    Row(rule=limits.data_class, types=_SHAPING, needs=_needs("department")),
    Row(rule=limits.data_class, types=_MOVING, needs=_needs("receiver")),
    Row(rule=members_sane, types=_SHAPING),
    Row(rule=hosts_sane, types=_SHAPING),
    Row(rule=policy_known, needs=_needs("policies")),
)


def _extension(observed: Observed, days: int) -> PolicyResult:
    found = observed.environment
    if found is None or found.spec.expires_at is None:
        return limits.result(
            "lifetime", "this environment does not expire; nothing needs extending", "no end", passed=False
        )
    end, latest = (
        observed.now + timedelta(days=days),
        policy.latest_end(observed.purpose, born(found, observed.now)),
    )
    measured = f"{days} days from now"
    if latest is not None and end > latest:
        left = max(0, (latest - observed.now).days)
        advice = f"ask for {left} days or fewer" if left else "ask for a new environment instead"
        text = (
            f"it may live until {conditions.timestamp(latest)}, twice the longest life of {observed.purpose}; {advice}"
        )
        return limits.result("lifetime", text, measured, passed=False)
    if end <= conditions.parse_timestamp(found.spec.expires_at):
        text = f"it lives until {found.spec.expires_at} anyway; ask for more days"
        return limits.result("lifetime", text, measured, passed=False)
    return limits.result("lifetime", "the extension is within its limit", measured)


def _order(request: EnvironmentRequest) -> tuple[str, str]:
    return request.metadata.creation_timestamp or "", request.metadata.uid


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for name in names:
        if name in seen and name not in twice:
            twice.append(name)
        seen.add(name)
    return twice


def _host_fault(host: str, holder: str, own: str) -> str:
    if "." not in host:
        return f"{host} is not a whole name"
    if host == "govcloud.internal" or host.endswith(".govcloud.internal"):
        return f"{host} is the cloud's own; its names need no request"
    if holder != own:
        return f"{host} belongs to another environment"
    return ""
