"""Which rules do not hold for an environment now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from govcloud_api import conditions
from govcloud_api.v1alpha1 import PolicyExemption
from govcloud_api.v1alpha1.policy_exemption import Rule


def active(exemptions: Iterable[PolicyExemption], environment: str, now: datetime) -> frozenset[Rule]:
    """Rules that approved exemptions of the environment of this name lift at `now`."""
    return frozenset(
        found.spec.rule
        for found in exemptions
        if found.spec.environment_ref == environment
        and found.metadata.deletion_timestamp is None
        and is_approved(found)
        and not is_over(found, now)
    )


def is_approved(exemption: PolicyExemption) -> bool:
    """The platform agreed to exactly this exemption."""
    return any(c.type == "Approved" and c.status == "True" for c in exemption.status.conditions)


def is_over(exemption: PolicyExemption, now: datetime) -> bool:
    """Its time has passed. A moment that cannot be read has passed."""
    try:
        return conditions.parse_timestamp(exemption.spec.expires_at) <= now
    except (ValueError, TypeError):
        return True


def next_change(exemptions: Iterable[PolicyExemption], environment: str, now: datetime) -> datetime | None:
    """When the next of the environment's active exemptions ends, None when none is active."""
    ends = [
        conditions.parse_timestamp(found.spec.expires_at)
        for found in exemptions
        if found.spec.environment_ref == environment and is_approved(found) and not is_over(found, now)
    ]
    return min(ends, default=None)
