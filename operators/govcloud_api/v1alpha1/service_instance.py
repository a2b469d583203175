"""ServiceInstance: a service in an environment. Written by the environment's people in its namespace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, Host, Kind, Model, Moment, ObjectName, Observed, Sentence
from govcloud_api.v1alpha1.service_offering import ServiceVersion

InstanceName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$")]


class Backup(Model):
    """When it is backed up, and how long that is kept."""

    hour: Annotated[int, Field(ge=0, le=23, description="Of the day, UTC.")] = 2
    retention_days: Annotated[int, Field(ge=1, le=365)] = 7


class RestoreFrom(Model):
    """Start as a copy of another instance of the same namespace, as it was at a moment."""

    instance: InstanceName
    time: Annotated[Moment | None, Field(description="Absent: the newest state there is.")] = None


class MaintenanceWindow(Model):
    """When the operator may restart it for an upgrade."""

    weekday: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] = "Sunday"
    hour: Annotated[int, Field(ge=0, le=23, description="UTC.")] = 3


class Variable(Model):
    """An environment variable of the program: a value, or a key of a Secret of the namespace."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    value: Annotated[str, Field(max_length=2000)] | None = None
    secret_name: ObjectName | None = None
    secret_key: Annotated[str, Field(max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")] | None = None


class Web(Model):
    """For the driver `web`: which program runs, and how it is reached."""

    image: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9][a-zA-Z0-9.:@/_-]*$")]
    port: Annotated[int, Field(ge=1024, le=65535)] = 8080
    host: Annotated[Host | None, Field(description="One of the environment's ingress hosts; absent: inside only.")] = (
        None
    )
    health_path: Annotated[str, Field(max_length=253, pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/"
    min_replicas: Annotated[int, Field(ge=1, le=20)] = 1
    max_replicas: Annotated[int, Field(ge=1, le=20)] = 1
    variables: Annotated[list[Variable], Field(max_length=64)] = Field(default_factory=list)


class ServiceInstanceSpec(Model):
    """What is ordered."""

    offering_ref: ObjectName
    plan: Annotated[ObjectName, Field(max_length=20)]
    version: Annotated[ServiceVersion | None, Field(description="Absent: the offering's default.")] = None
    backup: Backup = Field(default_factory=Backup)
    restore_from: RestoreFrom | None = None
    maintenance_window: MaintenanceWindow = Field(default_factory=MaintenanceWindow)
    upgrade_policy: Annotated[
        Literal["Automatic", "Manual"], Field(description="Automatic: minor versions, in the window.")
    ] = "Automatic"
    deletion_protection: Annotated[bool, Field(description="While true it cannot be deleted.")] = True
    web: Web | None = None


class VersionStatus(Observed):
    """What shall run and what runs."""

    desired: Annotated[str, Field(max_length=32)]
    applied: Annotated[str, Field(max_length=32)] | None = None


class Endpoint(Observed):
    """Where it answers."""

    host: Annotated[str, Field(max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]


class ServiceInstanceStatus(Observed):
    """What the operator found. Only the operator writes it."""

    version: VersionStatus | None = None
    endpoint: Endpoint | None = None
    last_backup: Moment | None = None
    oldest_restore: Annotated[Moment | None, Field(description="Earliest moment that can be restored.")] = None
    monthly_cents: Annotated[int, Field(ge=0)] | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)
    message: Sentence | None = None


class ServiceInstance(Kind):
    """A database, cache, queue, bucket or program of an environment."""

    spec: ServiceInstanceSpec
    status: ServiceInstanceStatus = ServiceInstanceStatus()
