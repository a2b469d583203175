"""Environment: an isolated namespace with a quota. Lives in the department's home namespace; the operator writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import (
    Code,
    Conditions,
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
)


class EnvironmentQuota(Model):
    """What the environment may reserve."""

    cpu: Quantity
    memory: Quantity
    storage: Quantity
    pods: Annotated[int, Field(ge=1, le=1000)]


class RequestRef(Model):
    """The request that was approved, by name and UID: a later request of the same name is another one."""

    name: ObjectName
    uid: Annotated[str, Field(min_length=1, max_length=64)]


class EnvironmentSpec(Model):
    """Exactly what was approved."""

    department_ref: Code
    product: Product
    purpose: Purpose
    size: Size
    quota: EnvironmentQuota
    expires_at: Moment | None = None
    request_ref: RequestRef


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


class EnvironmentStatus(Observed):
    """What the operator found in the world. Only the operator writes it."""

    namespace: ObjectName | None = None
    namespace_uid: Annotated[str, Field(max_length=64)] | None = None
    expires_at: Moment | None = None
    isolation_probe: IsolationProbe | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class Environment(Kind):
    """An isolated place where a department runs one product for one purpose."""

    spec: EnvironmentSpec
    status: EnvironmentStatus = EnvironmentStatus()
