"""EnvironmentRequest: what a department asks for. Immutable; written by a tenant in its home namespace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.approval import Verdict
from govcloud_api.v1alpha1.approval_policy import RequestType, Scope
from govcloud_api.v1alpha1.environment import EnvironmentQuota, Member, Network
from govcloud_api.v1alpha1.model import (
    Code,
    Conditions,
    DataClass,
    Kind,
    Model,
    Moment,
    ObjectName,
    Observed,
    Product,
    Purpose,
    Role,
    Sentence,
    Size,
    SpecHash,
    UserName,
)

Text = Annotated[str, Field(max_length=2000)]


class Justification(Model):
    """The reasons an approver reads."""

    why: Annotated[str, Field(min_length=1, max_length=2000)]
    current_use: Annotated[Text, Field(description="For more: what of the present quota is used.")] = ""
    tried: Annotated[Text, Field(description="For more: what was tried to get along.")] = ""


class EnvironmentRequestSpec(Model):
    """The wish. Cannot be changed: a decision is about exactly this text."""

    type: Annotated[RequestType, Field(description="What is asked for.")] = "Create"
    environment_ref: Annotated[
        ObjectName | None, Field(description="Which environment; for every type but Create.")
    ] = None
    product: Annotated[Product | None, Field(description="Short name of the service that will run there; Create.")] = (
        None
    )
    purpose: Annotated[Purpose | None, Field(description="Create.")] = None
    size: Annotated[Size | None, Field(description="Create (small unless said) and Change.")] = None
    quota: Annotated[EnvironmentQuota | None, Field(description="In numbers instead of a size; Create and Change.")] = (
        None
    )
    tier_ref: Annotated[ObjectName | None, Field(description="The department's unless said; Create and Change.")] = None
    data_class: Annotated[DataClass | None, Field(description="internal unless said; Create and Change.")] = None
    members: Annotated[list[Member] | None, Field(max_length=64, description="All of them; Create and Change.")] = None
    network: Annotated[Network | None, Field(description="All of it; Create and Change.")] = None
    lifetime_days: Annotated[int, Field(ge=1, le=365)] | None = Field(
        default=None,
        description="Sandbox and development expire (30 and 180 days unless said); others never. For Extend: from now.",
    )
    transfer_to: Annotated[Code | None, Field(description="Department that gets it; Transfer.")] = None
    justification: Justification
    requested_by: Annotated[UserName | None, Field(description="Who asks; the API server writes it.")] = None


class PolicyResult(Observed):
    """Verdict of one rule, with what was measured and what would pass."""

    rule: Annotated[str, Field(min_length=1, max_length=63)]
    pass_: Annotated[bool, Field(alias="pass")]
    message: Sentence
    measured: Annotated[str, Field(max_length=253)]


class RequiredApproval(Observed):
    """Whose word is needed; `missing` counts down."""

    role: Role
    scope: Scope
    department: Annotated[str, Field(max_length=20, description="Code of the department; empty: the platform.")]
    namespace: Annotated[ObjectName, Field(description="Where the Approval is to be written.")]
    missing: Annotated[int, Field(ge=0, le=5)]


class Decision(Observed):
    """A word that counted."""

    role: Role
    by: UserName
    verdict: Verdict
    reason: Text
    at: Moment
    approval: Annotated[str, Field(max_length=127, description="NAMESPACE/NAME of the Approval.")]


class Estimate(Observed):
    """What it will cost."""

    monthly_cents: Annotated[int, Field(ge=0)]
    monthly_change_cents: Annotated[int, Field(description="Against what the department pays for it now.")] = 0


class EnvironmentRef(Observed):
    """The environment that came out of a request, or that it is about."""

    name: ObjectName
    uid: Annotated[str, Field(max_length=64)]


Phase = Literal["Pending", "PolicyChecked", "Approved", "Provisioning", "Ready", "Done", "Denied", "Closed"]


class EnvironmentRequestStatus(Observed):
    """How far the request is. Only the operator writes it."""

    phase: Phase | None = None
    waiting_on: Sentence | None = None
    spec_hash: SpecHash | None = None
    policy: Annotated[ObjectName | None, Field(description="ApprovalPolicy that decides about it.")] = None
    policy_results: Annotated[
        list[PolicyResult],
        Field(
            max_length=16,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["rule"]},
        ),
    ] = Field(default_factory=list)
    required_approvals: Annotated[list[RequiredApproval], Field(max_length=6)] = Field(default_factory=list)
    due: Annotated[Moment | None, Field(description="When a decision is late.")] = None
    decisions: Annotated[list[Decision], Field(max_length=16)] = Field(default_factory=list)
    estimate: Estimate | None = None
    environment_ref: EnvironmentRef | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class EnvironmentRequest(Kind):
    """A department asks for an environment, or for a change of one."""

    spec: EnvironmentRequestSpec
    status: EnvironmentRequestStatus = EnvironmentRequestStatus()
