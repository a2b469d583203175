"""What an environment is to be: asked for, and what goes without saying. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud_api import conditions, labels, policy
from govcloud_api.v1alpha1 import Department, Environment, EnvironmentRequest, ServiceTier, environment, model

USUAL_TIER = "standard"
"""Of a department that may not be seen."""

CREATED_AT = f"{labels.STATE_PREFIX}created-at"
"""Annotation of a transferred Environment: when its life began; the longest life counts from there."""

GROWN_AT = f"{labels.STATE_PREFIX}grown-at"
"""Annotation of an Environment: when policy alone last gave it more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an environment is to be: what was asked, and what stays as it is."""

    quota: environment.EnvironmentQuota
    size: model.Size | None
    tier: str
    data_class: model.DataClass
    members: tuple[environment.Member, ...]
    network: environment.Network

    @property
    def share(self) -> policy.Share:
        """What it reserves."""
        return policy.quota_share(self.quota)


def terms_of(found: Environment) -> Terms:
    """What an environment is now."""
    spec = found.spec
    return Terms(
        quota=spec.quota,
        size=spec.size,
        tier=spec.tier_ref,
        data_class=spec.data_class,
        members=tuple(spec.members),
        network=spec.network,
    )


def created(request: EnvironmentRequest, department: Department | None, tiers: Mapping[str, ServiceTier]) -> Terms:
    """What a Create asks for, with what goes without saying; `department` None: it may not be seen."""
    spec = request.spec
    size: model.Size | None = None if spec.quota else spec.size or "small"
    tier = spec.tier_ref or (department.spec.service_tier_ref if department else USUAL_TIER)
    egress = tiers[tier].spec.egress if tier in tiers else "closed"
    return Terms(
        quota=spec.quota or policy.SIZES[size or "small"],
        size=size,
        tier=tier,
        data_class=spec.data_class or "internal",
        members=tuple(spec.members or ()),
        network=spec.network or environment.Network(egress=egress),
    )


def changed(request: EnvironmentRequest, present: Terms) -> Terms:
    """What a Change asks for on top of what is there; for other types what is there."""
    spec = request.spec
    quota, size = present.quota, present.size
    if spec.quota is not None or spec.size is not None:
        quota = spec.quota or policy.SIZES[spec.size or "small"]
        size = spec.size
    return Terms(
        quota=quota,
        size=size,
        tier=spec.tier_ref or present.tier,
        data_class=spec.data_class or present.data_class,
        members=present.members if spec.members is None else tuple(spec.members),
        network=spec.network or present.network,
    )


def born(found: Environment, now: datetime) -> datetime:
    """When an environment's life began, also before a transfer; `now` when nobody wrote it down."""
    text = found.metadata.annotations.get(CREATED_AT) or found.metadata.creation_timestamp
    return conditions.parse_timestamp(text) if text else now
