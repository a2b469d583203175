"""Approval: one person's word on one request, bound to what that person saw. Immutable.

Lies in the home of the department that decides, or in `govcloud-approvals` for the platform. The API server itself
writes who decided; the operator judges whether that person may.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import (
    Conditions,
    Kind,
    Model,
    ObjectName,
    Observed,
    Role,
    SpecHash,
    Uid,
    UserName,
)

Verdict = Literal["Approve", "Deny"]


class RequestRef(Model):
    """Exactly what was decided about: `specHash` of `status.specHash` as it was shown."""

    kind: Literal["EnvironmentRequest", "PolicyExemption"] = "EnvironmentRequest"
    namespace: ObjectName
    name: ObjectName
    uid: Uid
    spec_hash: SpecHash
    requested_by: Annotated[
        UserName | None,
        Field(description="Who asked, as it was shown; with it the API server refuses a word on one's own request."),
    ] = None


class ApprovalSpec(Model):
    """The word."""

    request_ref: RequestRef
    verdict: Verdict
    role: Annotated[Role, Field(description="In which of their roles the person decides.")]
    reason: Annotated[str, Field(max_length=2000, description="At least 10 characters to deny.")] = ""
    decided_by: Annotated[UserName | None, Field(description="Who; the API server writes it.")] = None
    decided_by_groups: Annotated[
        list[UserName], Field(max_length=64, description="That person's groups; the API server writes them.")
    ] = Field(default_factory=list)


class ApprovalStatus(Observed):
    """What it counted for. Only the operator writes it."""

    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class Approval(Kind):
    """A decision by a person."""

    spec: ApprovalSpec
    status: ApprovalStatus = ApprovalStatus()
