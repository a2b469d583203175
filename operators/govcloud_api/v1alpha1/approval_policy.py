"""ApprovalPolicy: what is granted at once, and who decides about the rest. Cluster-scoped, written by the platform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.department import Hard
from govcloud_api.v1alpha1.model import Conditions, DataClass, Kind, Model, ObjectName, Observed, Purpose, Role

RequestType = Literal["Create", "Change", "Extend", "Transfer", "Delete"]
Scope = Literal["requester", "receiver", "platform"]
"""Whose people decide: those of the asking department, of the one that gets a transfer, or of the platform."""


class Match(Model):
    """Requests that the policy is about; an empty list means all."""

    types: Annotated[list[RequestType], Field(max_length=5)] = Field(default_factory=list)
    purposes: Annotated[list[Purpose], Field(max_length=5)] = Field(default_factory=list)
    data_classes: Annotated[list[DataClass], Field(max_length=4)] = Field(default_factory=list)


class Auto(Model):
    """What needs no person, once every rule passes. Without a fresh measurement an increase needs one."""

    always: Annotated[
        bool, Field(description="All that matches, but new host names, a better tier, egress public, sensitive data.")
    ] = False
    decreases: Annotated[bool, Field(description="Changes that take nothing more.")] = False
    max_increase_percent: Annotated[int, Field(ge=0, le=100, description="0: no increase.")] = 0
    free_ceiling: Annotated[Hard | None, Field(description="Increases up to this much, whatever the percentage.")] = (
        None
    )
    min_utilisation_percent: Annotated[
        int, Field(ge=1, le=100, description="p95 of the last days, as a share of the quota.")
    ] = 35
    metrics_max_age_minutes: Annotated[int, Field(ge=1, le=1440)] = 60


class Requirement(Model):
    """`count` different people of a role; nobody counts twice in one request, and never the one who asked."""

    role: Role
    scope: Scope = "requester"
    count: Annotated[int, Field(ge=1, le=5)] = 1


class ApprovalPolicySpec(Model):
    """Of all policies that match, the one with the highest priority decides; of equals, the first by name."""

    priority: Annotated[int, Field(ge=0, le=1000)] = 0
    match: Match = Field(default_factory=Match)
    auto: Auto = Field(default_factory=Auto)
    require: Annotated[list[Requirement], Field(max_length=6, description="Empty: an approver of the platform.")] = (
        Field(default_factory=list)
    )
    due_work_days: Annotated[int, Field(ge=1, le=60)] = 5
    calendar_ref: ObjectName = "default"
    on_overdue: Annotated[
        Literal["Escalate", "Deny"], Field(description="Escalate: an approver of the platform may decide as well.")
    ] = "Escalate"


class ApprovalPolicyStatus(Observed):
    """What the operator found. Only the operator writes it."""

    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class ApprovalPolicy(Kind):
    """Decision rights as data."""

    spec: ApprovalPolicySpec
    status: ApprovalPolicyStatus = ApprovalPolicyStatus()
