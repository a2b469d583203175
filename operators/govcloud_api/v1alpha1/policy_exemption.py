"""PolicyExemption: a rule that does not hold for one environment, for a reason and for a time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, Kind, Model, Moment, ObjectName, Observed, SpecHash, UserName

Rule = Literal["image-registry", "ingress-hosts"]
"""`image-registry`: images of other registries. `ingress-hosts`: host names that were not requested."""


class PolicyExemptionSpec(Model):
    """What is asked. Immutable; the platform decides with an Approval."""

    environment_ref: ObjectName
    rule: Rule
    reason: Annotated[str, Field(min_length=10, max_length=2000)]
    expires_at: Moment
    requested_by: Annotated[UserName | None, Field(description="Who asks; the API server writes it.")] = None


class PolicyExemptionStatus(Observed):
    """Whether it holds. Only the operator writes it."""

    spec_hash: SpecHash | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class PolicyExemption(Kind):
    """An exemption that people can find."""

    spec: PolicyExemptionSpec
    status: PolicyExemptionStatus = PolicyExemptionStatus()
