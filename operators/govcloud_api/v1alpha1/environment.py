"""Environment: an isolated namespace with a quota. Lives in the department's home namespace; the operator writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import (
    Code,
    Conditions,
    DataClass,
    Egress,
    Host,
    Kind,
    Model,
    Moment,
    ObjectName,
    Observed,
    Product,
    Purpose,
    Quantity,
    Sentence,
    Size,
    UserName,
)


class EnvironmentQuota(Model):
    """What the environment may reserve."""

    cpu: Quantity
    memory: Quantity
    storage: Quantity
    pods: Annotated[int, Field(ge=1, le=1000)]


class Member(Model):
    """Somebody who gets in besides the department's own people."""

    kind: Literal["Group", "User"]
    name: UserName
    role: Annotated[Literal["editor", "viewer"], Field(description="An editor works in it, a viewer looks.")]


class Network(Model):
    """What may go in and out besides the namespace itself and DNS."""

    ingress_hosts: Annotated[list[Host], Field(max_length=16, description="Names that the ingress may answer to.")] = (
        Field(default_factory=list)
    )
    egress: Egress = "closed"


class RequestRef(Model):
    """The request that was approved, by name and UID: a later request of the same name is another one."""

    name: ObjectName
    uid: Annotated[str, Field(min_length=1, max_length=64)]


class EnvironmentSpec(Model):
    """Exactly what was approved."""

    department_ref: Code
    product: Product
    purpose: Purpose
    size: Annotated[Size | None, Field(description="Absent when the quota was asked for in numbers.")] = None
    quota: EnvironmentQuota
    tier_ref: ObjectName = "standard"
    data_class: DataClass = "internal"
    members: Annotated[list[Member], Field(max_length=64)] = Field(default_factory=list)
    network: Network = Field(default_factory=Network)
    expires_at: Moment | None = None
    deletion_policy: Annotated[
        Literal["Delete", "Retain"],
        Field(description="Retain: after its end it stays suspended until the platform removes it."),
    ] = "Delete"
    legal_hold: Annotated[bool, Field(description="Nothing of it is removed while true; the platform sets it.")] = False
    suspended: Annotated[bool, Field(description="Scaled to zero, data kept; the platform sets it.")] = False
    request_ref: Annotated[RequestRef, Field(description="The request that it came from, or that changed it last.")]


class IsolationProbe(Observed):
    """What the last look at the network found; a new look is due when `key` no longer fits or after a day."""

    key: Annotated[str, Field(max_length=71)] | None = Field(
        default=None, description="Hash of namespace, policies and targets that `lastPassedAt` is about."
    )
    last_passed_at: Moment | None = None
    pod_uid: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="Pod that `ingress` is about."
    )
    ingress: Literal["Denied", "Reached"] | None = None
    attempts: Annotated[int, Field(ge=0, le=1000000)] | None = Field(
        default=None, description="Looks that failed since the last that passed."
    )
    attempted_at: Moment | None = None
    message: Sentence | None = None


class Issue(Observed):
    """Something that its people must mend."""

    code: Annotated[str, Field(min_length=1, max_length=63, description="CamelCase word, the same for the same fault.")]
    severity: Literal["error", "warning"]
    object: Annotated[str, Field(max_length=253, description="Kind and name.")]
    message: Sentence
    fix: Annotated[Sentence, Field(description="What to do.")]


class QuotaStatus(Observed):
    """What the namespace may reserve and has reserved."""

    hard: Annotated[dict[str, Annotated[str, Field(max_length=32)]], Field(max_length=32)] = Field(default_factory=dict)
    used: Annotated[dict[str, Annotated[str, Field(max_length=32)]], Field(max_length=32)] = Field(default_factory=dict)


class EnvironmentStatus(Observed):
    """What the operator found in the world. Only the operator writes it."""

    namespace: ObjectName | None = None
    namespace_uid: Annotated[str, Field(max_length=64)] | None = None
    expires_at: Moment | None = None
    delete_after: Annotated[
        Moment | None, Field(description="When a suspended environment is removed with its data.")
    ] = None
    quota: QuotaStatus | None = None
    issues: Annotated[list[Issue], Field(max_length=32)] = Field(default_factory=list)
    isolation_probe: IsolationProbe | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class Environment(Kind):
    """An isolated place where a department runs one product for one purpose."""

    spec: EnvironmentSpec
    status: EnvironmentStatus = EnvironmentStatus()
