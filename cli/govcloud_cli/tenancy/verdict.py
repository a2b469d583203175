"""What the rules would say about a wish, and its price, from what can be seen now. A forecast: the operator decides.

Rules, sums, the choice of the policy and the price are the operator's own (govcloud_api.rules, .policy, .decision);
measured use is seen by the operator alone, and what these credentials may not read is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from govcloud_api.rules import automatic, checks, price
from govcloud_api.rules.observed import Observed
from govcloud_api.rules.terms import USUAL_TIER
from govcloud_api.v1alpha1 import ApprovalPolicy, environment_request
from govcloud_cli.tenancy import case, places
from govcloud_cli.tenancy.case import Seen
from govcloud_kube.cluster import Object

PolicyResult = environment_request.PolicyResult
Estimate = environment_request.Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All words together. `granted`: at once (True), by people (False), or only the operator knows (None)."""

    rules: tuple[PolicyResult, ...]
    policy: str
    granted: bool | None
    needed: tuple[str, ...]
    estimate: Estimate | None
    unknown: tuple[str, ...] = field(default=())

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rules": [rule.wire() for rule in self.rules],
            "policy": self.policy,
            "grantedAtOnce": self.granted,
            "requiredApprovals": list(self.needed),
            "estimate": None if self.estimate is None else self.estimate.wire(),
            "unknown": list(self.unknown),
        }


def judge(request: Object, seen: Seen, now: datetime) -> Verdict:
    """What the rules would say about a request in wire form."""
    observed = case.observed(request, seen, now)
    found, chosen = tuple(checks.evaluate(observed)), observed.policy
    granted, reason = _granted(observed, chosen, found)
    return Verdict(
        rules=found,
        policy=chosen.metadata.name if chosen else "",
        granted=granted,
        needed=() if granted or chosen is None else tuple(_needed(observed, chosen)),
        estimate=price.estimate(observed),
        unknown=(*_unknown(observed), *([reason] if reason else [])),
    )


def _granted(
    observed: Observed, chosen: ApprovalPolicy | None, found: tuple[PolicyResult, ...]
) -> tuple[bool | None, str]:
    """At once or not, and what cannot be told from here."""
    if any(not rule.pass_ for rule in found):
        return False, ""
    if chosen is None:
        return None, ""
    if not automatic.needs_measurement(observed, chosen):
        return automatic.verdict(observed, chosen).pass_, ""
    auto = chosen.spec.auto
    return None, (
        f"measured use: up to {auto.max_increase_percent} % more is granted at once when at least "
        f"{auto.min_utilisation_percent} % of the present quota is used; only the operator sees that"
    )


def _needed(observed: Observed, chosen: ApprovalPolicy) -> Iterator[str]:
    whose = {
        "requester": places.code_of(observed.request.metadata.namespace or ""),
        "receiver": observed.request.spec.transfer_to or "the receiver",
        "platform": "the platform",
    }
    return (f"{item.count} {item.role} of {whose[item.scope]}" for item in chosen.spec.require)


def _unknown(observed: Observed) -> Iterator[str]:
    """What these credentials may not read, so that no rule could be applied to it."""
    texts = {
        "department": f"the department's quota, data class and tier (taken for {USUAL_TIER})",
        "environments": "the department's environments",
        "tiers": "prices",
        "policies": "policies",
    }
    yield from (
        f"{text}: these credentials may not read them" for part, text in texts.items() if part in observed.hidden
    )
    if observed.request.spec.type == "Transfer" and "receiver" in observed.hidden:
        yield "the receiver's quota and data class: only its own people and the operator see them"
