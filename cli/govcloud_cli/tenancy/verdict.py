"""What the rules would say about a wish, and its price, from what can be seen now. A forecast: the operator decides.

The sums, the choice of the policy and the seats are the operator's own (govcloud_api.policy, govcloud_api.decision);
measured use is seen by the operator alone, and what these credentials may not read is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from govcloud_api import policy
from govcloud_api.v1alpha1 import ApprovalPolicy, Environment, EnvironmentRequest, model
from govcloud_api.v1alpha1.environment import EnvironmentQuota
from govcloud_cli.tenancy.case import USUAL_TIER, Case, Estimate, Seen
from govcloud_cli.tenancy.rules import RULES, Rule
from govcloud_kube.cluster import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All words together. `granted`: at once (True), by people (False), or only the operator knows (None)."""

    rules: tuple[Rule, ...]
    policy: str
    granted: bool | None
    needed: tuple[str, ...]
    estimate: Estimate | None
    unknown: tuple[str, ...] = field(default=())

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rules": [{"rule": rule.name, "pass": rule.passes, "message": rule.message} for rule in self.rules],
            "policy": self.policy,
            "grantedAtOnce": self.granted,
            "requiredApprovals": list(self.needed),
            "estimate": None if self.estimate is None else self.estimate.wire(),
            "unknown": list(self.unknown),
        }


def judge(request: Object, seen: Seen, now: datetime) -> Verdict:
    """What the rules would say about a request in wire form."""
    metadata = {**request["metadata"], "name": request["metadata"].get("name") or "new"}
    case = Case(EnvironmentRequest.parse({**request, "metadata": metadata}), seen, now)
    found = [rule for rule in (check(case) for check in RULES) if rule is not None]
    chosen = case.policy
    granted, reason = _granted(case, chosen, found)
    return Verdict(
        rules=tuple(found),
        policy=chosen.metadata.name if chosen else "",
        granted=granted,
        needed=() if granted or chosen is None else tuple(_needed(case, chosen)),
        estimate=case.estimate,
        unknown=(*_unknown(seen), *([reason] if reason else [])),
    )


def _granted(case: Case, chosen: ApprovalPolicy | None, found: Sequence[Rule]) -> tuple[bool | None, str]:
    """At once or not, and what cannot be told from here."""
    if any(not rule.passes for rule in found):
        return False, ""
    if chosen is None:
        return None, ""
    auto = chosen.spec.auto
    if auto.always:
        return True, ""
    if case.spec.type != "Change" or case.before is None or case.quota is None or _widens(case, case.before):
        return False, ""
    growth = _growth_percent(case.quota, case.before.spec.quota)
    if growth <= 0:
        return auto.decreases, ""
    if growth > auto.max_increase_percent and auto.free_ceiling is None:
        return False, ""
    return None, (
        f"measured use: up to {auto.max_increase_percent} % more is granted at once when at least "
        f"{auto.min_utilisation_percent} % of the present quota is used; only the operator sees that"
    )


def _growth_percent(after: EnvironmentQuota, before: EnvironmentQuota) -> float:
    """The largest increase of any resource, in percent of what there is; of nothing it is without bound."""
    new, old = policy.quota_share(after), policy.quota_share(before)
    pairs = (
        (new.cpu_millicores, old.cpu_millicores),
        (new.memory_bytes, old.memory_bytes),
        (new.storage_bytes, old.storage_bytes),
        (after.pods, before.pods),
    )
    return max((100 * (more - less) / less if less else float("inf") if more else 0.0) for more, less in pairs)


def _widens(case: Case, before: Environment) -> bool:
    """Does it open or promise more, apart from the quota?"""
    spec, now = case.spec, before.spec
    known = {(member.kind, member.name): member.role for member in now.members}
    joined = any(known.get((m.kind, m.name)) not in (m.role, "editor") for m in spec.members or ())
    hosts = set(spec.network.ingress_hosts) - set(now.network.ingress_hosts) if spec.network else set()
    opened = spec.network is not None and _EGRESS.index(spec.network.egress) > _EGRESS.index(now.network.egress)
    higher = model.DATA_CLASSES.index(case.data_class) > model.DATA_CLASSES.index(now.data_class)
    return bool(joined or hosts or opened or higher or (spec.tier_ref not in (None, now.tier_ref)))


_EGRESS = ("closed", "internal", "public")
"""Least first."""


def _needed(case: Case, chosen: ApprovalPolicy) -> list[str]:
    whose = {
        "requester": case.code,
        "receiver": case.spec.transfer_to or "the receiver",
        "platform": "the platform",
    }
    return [f"{item.count} {item.role} of {whose[item.scope]}" for item in chosen.spec.require]


def _unknown(seen: Seen) -> list[str]:
    """What these credentials may not read, so that no rule could be applied to it."""
    absent = {
        f"the department's quota, data class and tier (taken for {USUAL_TIER})": seen.department,
        "prices": seen.tiers,
        "policies": seen.policies,
    }
    return [f"{what}: these credentials may not read them" for what, value in absent.items() if value is None]
