"""What is judged: a request, and everything that the rules look at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from govcloud_api import decision, policy
from govcloud_api.rules.terms import Terms, changed, created, terms_of
from govcloud_api.v1alpha1 import (
    Approval,
    ApprovalPolicy,
    Department,
    Environment,
    EnvironmentRequest,
    ServiceTier,
    WorkCalendar,
)

Part = Literal["requester", "department", "environments", "rivals", "receiver", "tiers", "policies", "hosts", "used"]
"""What somebody who judges may be unable to see. The operator sees everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a namespace really used: the 95th percentile of the last days, and when that was measured."""

    cpu_millicores: int
    memory_bytes: int
    at: datetime


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
    """The tiers that are asked for, paid for now, and the department's own, by name; those that exist."""
    calendar: WorkCalendar | None = None
    """The calendar of the policy that decides."""
    approvals: tuple[Approval, ...] = ()
    used: Mapping[str, str] = field(default_factory=dict)
    """What the namespace has reserved now, as its ResourceQuota counts it."""
    measured: Measured | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Host names that environments have already -> NAMESPACE/NAME of the Environment."""
    hidden: frozenset[Part] = frozenset()
    """What could not be seen, so that no rule is judged by its absence; empty for the operator."""

    @property
    def is_placed(self) -> bool:
        """It lies in a department's home, or nobody can say that it does not."""
        return self.department is not None or "department" in self.hidden

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
            return created(self.request, self.department, self.tiers) if self.is_placed else None
        return None if self.present is None else changed(self.request, self.present)

    @property
    def policy(self) -> ApprovalPolicy | None:
        """The ApprovalPolicy that decides."""
        wanted = self.wanted
        if wanted is None:
            return None
        return decision.select(self.policies, self.request.spec.type, self.purpose, wanted.data_class)
