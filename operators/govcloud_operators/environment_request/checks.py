"""The rules a request must pass: each says what was measured and what would pass. Pure."""

from __future__ import annotations

from collections.abc import Callable

from govcloud_api import policy, quantity
from govcloud_api.v1alpha1 import environment_request
from govcloud_operators.environment_request.observed import Observed

PolicyResult = environment_request.PolicyResult
Rule = Callable[[Observed], PolicyResult]


def evaluate(observed: Observed) -> list[PolicyResult]:
    """Verdict of every rule, in a fixed order; none hides another."""
    return [rule(observed) for rule in RULES]


def spec_lifetime_days(observed: Observed) -> int | None:
    """Days the environment would live; None: it does not expire."""
    spec = observed.request.spec
    return spec.lifetime_days or policy.DEFAULT_LIFETIME_DAYS.get(spec.purpose)


def department_active(observed: Observed) -> PolicyResult:
    """The namespace is the home of a department, and that department is not suspended."""
    found = observed.department
    if found is None:
        text = "this namespace is not the home of a department; ask in your own dept-<code> namespace"
        return _result("department-active", text, "no department", passed=False)
    if found.spec.suspended:
        text = "the department is suspended; ask the platform team to lift it"
        return _result("department-active", text, "suspended", passed=False)
    return _result("department-active", "the department is active", "active")


def requester_known(observed: Observed) -> PolicyResult:
    """The API server wrote down who asks."""
    who = observed.request.spec.requested_by
    if not who:
        text = "nobody is recorded as the requester; delete this request and ask again"
        return _result("requester-known", text, "empty", passed=False)
    return _result("requester-known", "the requester is recorded", who[:253])


def name_free(observed: Observed) -> PolicyResult:
    """No other request has led to an environment for the same product and purpose."""
    name = observed.environment_name
    holder = next((e for e in observed.environments if e.metadata.name == name), None)
    if holder is None or holder.spec.request_ref.uid == observed.request.metadata.uid:
        return _result("name-free", "the name is free", name)
    text = (
        f"environment {name} exists already, from request {holder.spec.request_ref.name}; "
        "use it, give it back, or choose another product name"
    )
    return _result("name-free", text, name, passed=False)


def lifetime(observed: Observed) -> PolicyResult:
    """Short-lived purposes stay within their longest life."""
    days, purpose = spec_lifetime_days(observed), observed.request.spec.purpose
    longest = policy.MAX_LIFETIME_DAYS.get(purpose)
    if days is None:
        return _result("lifetime", "this purpose does not expire", "no expiry")
    if longest is not None and days > longest:
        text = f"{purpose} lives at most {longest} days; ask for {longest} or fewer"
        return _result("lifetime", text, f"{days} days", passed=False)
    return _result("lifetime", "the lifetime is within its limit", f"{days} days")


def within_quota(observed: Observed) -> PolicyResult:
    """What is allocated plus what is asked stays within the department's ceiling, in every resource."""
    if observed.department is None:
        return _result("quota", "without a department there is no quota", "no department", passed=False)
    ceiling = policy.hard(observed.department)
    others = [e for e in observed.environments if e.spec.request_ref.uid != observed.request.metadata.uid]
    given, asked = policy.allocated(others), observed.asked
    lines = [
        _over("cpu", (given.cpu_millicores, asked.cpu_millicores, ceiling.cpu_millicores), quantity.cpu_text),
        _over("memory", (given.memory_bytes, asked.memory_bytes, ceiling.memory_bytes), quantity.bytes_text),
        _over("storage", (given.storage_bytes, asked.storage_bytes, ceiling.storage_bytes), quantity.bytes_text),
    ]
    measured = f"allocated {_short(given)}, asked {_short(asked)}, limit {_short(ceiling)}"
    too_much = [line for line in lines if line]
    if too_much:
        text = f"{'; '.join(too_much)}; choose a smaller size or give an environment back"
        return _result("quota", text, measured, passed=False)
    return _result("quota", "the department has enough left", measured)


def auto_approval(observed: Observed) -> PolicyResult:
    """Only short-lived sandboxes are granted by policy alone."""
    purpose = observed.request.spec.purpose
    if purpose in policy.AUTO_APPROVED_PURPOSES:
        return _result("auto-approval", "policy may grant this purpose", purpose)
    allowed = ", ".join(sorted(policy.AUTO_APPROVED_PURPOSES))
    text = f"{purpose} needs a person's approval; policy alone grants: {allowed}"
    return _result("auto-approval", text, purpose, passed=False)


RULES: tuple[Rule, ...] = (department_active, requester_known, name_free, lifetime, within_quota, auto_approval)


def _over(name: str, amounts: tuple[int, int, int], text: Callable[[int], str]) -> str:
    given, asked, limit = amounts
    if given + asked <= limit:
        return ""
    left = max(0, limit - given)
    return f"{name}: {text(given)} of {text(limit)} is allocated, {text(asked)} was asked, at most {text(left)} passes"


def _short(amount: policy.Share) -> str:
    return "/".join(amount.wire().values())


def _result(rule: str, message: str, measured: str, *, passed: bool = True) -> PolicyResult:
    return PolicyResult(rule=rule, pass_=passed, message=message, measured=measured)
