"""EnvironmentRequest: what a department asks for. Immutable; written by a tenant in its home namespace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import (
    Conditions,
    Kind,
    Model,
    ObjectName,
    Observed,
    Product,
    Purpose,
    Sentence,
    Size,
)


class Justification(Model):
    """The reasons an approver reads."""

    why: Annotated[str, Field(min_length=1, max_length=2000)]


class EnvironmentRequestSpec(Model):
    """The wish. Cannot be changed: a decision is about exactly this text."""

    type: Annotated[Literal["Create"], Field(description="What is asked for.")] = "Create"
    product: Annotated[Product, Field(description="Short name of the service that will run there.")]
    purpose: Purpose
    size: Size = "small"
    lifetime_days: Annotated[int, Field(ge=1, le=365)] | None = Field(
        default=None, description="Sandbox and development expire (30 and 180 days unless said); others never."
    )
    justification: Justification
    requested_by: Annotated[str, Field(max_length=253)] | None = Field(
        default=None, description="Who asks; the API server writes it."
    )


class PolicyResult(Observed):
    """Verdict of one rule, with what was measured and what would pass."""

    rule: Annotated[str, Field(min_length=1, max_length=63)]
    pass_: Annotated[bool, Field(alias="pass")]
    message: Sentence
    measured: Annotated[str, Field(max_length=253)]


class EnvironmentRef(Observed):
    """The environment that came out of a request."""

    name: ObjectName
    uid: Annotated[str, Field(max_length=64)]


Phase = Literal["Pending", "PolicyChecked", "Approved", "Provisioning", "Ready", "Denied", "Closed"]


class EnvironmentRequestStatus(Observed):
    """How far the request is. Only the operator writes it."""

    phase: Phase | None = None
    waiting_on: Sentence | None = None
    spec_hash: Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    policy_results: Annotated[
        list[PolicyResult],
        Field(
            max_length=16,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["rule"]},
        ),
    ] = Field(default_factory=list)
    environment_ref: EnvironmentRef | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class EnvironmentRequest(Kind):
    """A department asks for an environment."""

    spec: EnvironmentRequestSpec
    status: EnvironmentRequestStatus = EnvironmentRequestStatus()
