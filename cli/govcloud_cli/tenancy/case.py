"""What a request is about, as far as these credentials may see it: the place before and after. Pure but for `look`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from govcloud_api import decision, labels, policy
from govcloud_api.requests import Wish
from govcloud_api.v1alpha1 import (
    ApprovalPolicy,
    Department,
    Environment,
    EnvironmentRequest,
    ServiceTier,
    environment_request,
    model,
)
from govcloud_api.v1alpha1.environment import EnvironmentQuota
from govcloud_cli.tenancy import places
from govcloud_kube.cluster import Cluster

Estimate = environment_request.Estimate
USUAL_TIER = "standard"
"""Of a department that says no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What these credentials may read. None: they may not."""

    department: Department | None = None
    receiver: Department | None = None
    tiers: dict[str, ServiceTier] | None = None
    policies: tuple[ApprovalPolicy, ...] | None = None
    environments: tuple[Environment, ...] = ()


def look(cluster: Cluster, wish: Wish) -> Seen:
    """Read what the rules are about, as far as these credentials reach."""
    home = labels.home_namespace(wish.department)
    own = places.department(cluster, wish.department)
    other = places.department(cluster, wish.transfer_to) if wish.transfer_to else None
    tiers = places.readable(cluster, "ServiceTier")
    policies = places.readable(cluster, "ApprovalPolicy")
    environments = places.readable(cluster, "Environment", home) or []
    return Seen(
        department=Department.parse(own) if own else None,
        receiver=Department.parse(other) if other else None,
        tiers=None if tiers is None else {item["metadata"]["name"]: ServiceTier.parse(item) for item in tiers},
        policies=None if policies is None else tuple(ApprovalPolicy.parse(item) for item in policies),
        environments=tuple(Environment.parse(item) for item in environments),
    )


class Case:
    """A request and what it is about, before and after."""

    def __init__(self, request: EnvironmentRequest, seen: Seen, now: datetime) -> None:
        spec = request.spec
        self.spec, self.seen, self.now = spec, seen, now
        self.code = places.code_of(request.metadata.namespace or "")
        self.before = next((e for e in seen.environments if e.metadata.name == spec.environment_ref), None)
        self.purpose: str = spec.purpose or (self.before.spec.purpose if self.before else "sandbox")
        self.data_class: model.DataClass = spec.data_class or (
            self.before.spec.data_class if self.before else "internal"
        )

    @property
    def quota(self) -> EnvironmentQuota | None:
        """What the environment reserves afterwards; None: nothing."""
        if self.spec.type == "Delete":
            return None
        asked = self.spec.quota or (policy.SIZES[self.spec.size] if self.spec.size else None)
        if asked is None and self.spec.type == "Create":
            return policy.SIZES["small"]
        return asked or (self.before.spec.quota if self.before else None)

    @property
    def tier(self) -> ServiceTier | None:
        """Tier afterwards."""
        given = self.before.spec.tier_ref if self.before else None
        usual = self.seen.department.spec.service_tier_ref if self.seen.department else USUAL_TIER
        return (self.seen.tiers or {}).get(self.spec.tier_ref or given or usual)

    @property
    def policy(self) -> ApprovalPolicy | None:
        """The one that decides."""
        if self.seen.policies is None:
            return None
        return decision.select(self.seen.policies, self.spec.type, self.purpose, self.data_class)

    @property
    def estimate(self) -> Estimate | None:
        """Price afterwards and the difference; None when the tier is not known."""
        tier = self.tier
        if tier is None:
            return None
        wanted = policy.quota_share(self.quota) if self.quota else policy.Share()
        if self.before is None:
            return policy.estimate(wanted, tier.spec.prices)
        old = (self.seen.tiers or {}).get(self.before.spec.tier_ref) or tier
        return policy.estimate(wanted, tier.spec.prices, policy.quota_share(self.before.spec.quota), old.spec.prices)
