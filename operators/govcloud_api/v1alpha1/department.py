"""Department: one tenant of the cloud. Cluster-scoped, written by the platform, served by the operator."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import (
    Code,
    Conditions,
    DataClass,
    Kind,
    Model,
    ObjectName,
    Observed,
    Quantity,
    Role,
    Sentence,
    UserName,
)


class Subject(Model):
    """A group or person that has a role; groups outlive people."""

    kind: Literal["Group", "User"]
    name: UserName
    role: Role


class Hard(Model):
    """Ceiling of what all environments of the department may reserve together."""

    cpu: Quantity
    memory: Quantity
    storage: Quantity


class Quota(Model):
    """The share of the cloud that the department was given."""

    hard: Hard
    floor: Annotated[Hard | None, Field(description="Kept free for this department, whatever others ask for.")] = None


class DepartmentSpec(Model):
    """What the platform decides about a department."""

    code: Annotated[Code, Field(description="Short name; part of every namespace. Never changes.")]
    display_name: Annotated[str, Field(min_length=1, max_length=120)]
    subjects: Annotated[list[Subject], Field(max_length=64)] = Field(default_factory=list)
    quota: Quota
    service_tier_ref: Annotated[ObjectName, Field(description="Tier of environments that ask for none.")] = "standard"
    max_data_class: Annotated[DataClass, Field(description="Highest class of data it may hold here.")] = "internal"
    cost_centre: Annotated[str, Field(max_length=40)] = ""
    monthly_budget_cents: Annotated[
        int | None,
        Field(
            ge=0,
            le=1000000000000,
            description="What it may cost a month, in hundredths of the site's currency; more raises an alert, "
            "nothing is stopped.",
        ),
    ] = None
    entitlement_weight: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Its part of the cloud is this number of the sum of all departments' numbers; fairness is "
            "measured against it, nothing is stopped.",
        ),
    ] = 1
    contacts: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=8)] = Field(
        default_factory=list, description="Team mailboxes, not people."
    )
    suspended: Annotated[bool, Field(description="No new environments while true; what runs keeps running.")] = False


class Allocated(Observed):
    """Sum of the quotas of all environments of the department."""

    cpu: Quantity
    memory: Quantity
    storage: Quantity


class QuotaStatus(Observed):
    """Ceiling and what of it is given out."""

    hard: Allocated
    allocated: Allocated


class DepartmentStatus(Observed):
    """What the operator found. Only the operator writes it."""

    home_namespace: ObjectName | None = None
    environments: Annotated[int, Field(ge=0)] | None = None
    quota: QuotaStatus | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)
    message: Sentence | None = None


class Department(Kind):
    """A government department that shares the cloud."""

    spec: DepartmentSpec
    status: DepartmentStatus = DepartmentStatus()
