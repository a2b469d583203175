"""What a decision about an EnvironmentRequest is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from govcloud_api import conditions, decision, labels, policy
from govcloud_api.v1alpha1 import (
    Approval,
    ApprovalPolicy,
    Department,
    Environment,
    EnvironmentRequest,
    ServiceTier,
    WorkCalendar,
    environment,
    model,
)
from govcloud_operators.surroundings import Measured

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look, taken while nobody else decides about the same departments."""

    request: EnvironmentRequest
    now: datetime
    department: Department | None = None
    """The department whose home the request is in; None when that cannot be proven."""
    receiver: Department | None = None
    """The department that shall get a transfer; None when there is no such department."""
    environments: tuple[Environment, ...] = ()
    """All environments of the department, live."""
    receivers_environments: tuple[Environment, ...] = ()
    rivals: tuple[EnvironmentRequest, ...] = ()
    """Other requests about the same environment."""
    policies: tuple[ApprovalPolicy, ...] = ()
    tiers: Mapping[str, ServiceTier] = field(default_factory=dict)
    """The tiers that are asked for and paid for now, by name; those that exist."""
    calendar: WorkCalendar | None = None
    """The calendar of the policy that decides."""
    approvals: tuple[Approval, ...] = ()
    used: Mapping[str, str] = field(default_factory=dict)
    """What the namespace has reserved now, as its ResourceQuota counts it."""
    measured: Measured | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Host names that environments have already -> NAMESPACE/NAME of the Environment."""

    @property
    def environment_name(self) -> str:
        """Name of the Environment that the request is about or leads to."""
        spec = self.request.spec
        return spec.environment_ref or policy.environment_name(spec.product or "", spec.purpose or "")

    @property
    def environment(self) -> Environment | None:
        """The Environment with that name; for Create the one that is in the way."""
        return next((e for e in self.environments if e.metadata.name == self.environment_name), None)

    @property
    def purpose(self) -> str:
        """Asked for, or that of the environment."""
        found = self.environment
        return self.request.spec.purpose or (found.spec.purpose if found else "")

    @property
    def present(self) -> Terms | None:
        """What the environment is now; None for Create."""
        found = self.environment
        return None if found is None or self.request.spec.type == "Create" else terms_of(found)

    @property
    def wanted(self) -> Terms | None:
        """What the environment is to be; None when that cannot be known."""
        if self.request.spec.type == "Create":
            return None if self.department is None else created(self.request, self.department, self.tiers)
        return None if self.present is None else changed(self.request, self.present)

    @property
    def policy(self) -> ApprovalPolicy | None:
        """The ApprovalPolicy that decides."""
        wanted = self.wanted
        if wanted is None:
            return None
        return decision.select(self.policies, self.request.spec.type, self.purpose, wanted.data_class)


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


def created(request: EnvironmentRequest, department: Department, tiers: Mapping[str, ServiceTier]) -> Terms:
    """What a Create asks for, with what goes without saying."""
    spec = request.spec
    size: model.Size | None = None if spec.quota else spec.size or "small"
    tier = spec.tier_ref or department.spec.service_tier_ref
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
