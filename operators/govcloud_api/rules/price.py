"""What a request costs. Pure."""

from __future__ import annotations

from govcloud_api import policy
from govcloud_api.rules.observed import Observed
from govcloud_api.v1alpha1 import environment_request


def estimate(observed: Observed) -> environment_request.Estimate | None:
    """Price of what is wanted against what is paid now; None when a tier has no price."""
    wanted, present = observed.wanted, observed.present
    tier = observed.tiers.get(wanted.tier) if wanted else None
    if wanted is None or tier is None:
        return None
    if present is None:
        return policy.estimate(wanted.share, tier.spec.prices)
    paid = observed.tiers.get(present.tier, tier)
    share = policy.Share() if observed.request.spec.type in ("Delete", "Transfer") else wanted.share
    return policy.estimate(share, tier.spec.prices, present.share, paid.spec.prices)
