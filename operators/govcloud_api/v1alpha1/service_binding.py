"""ServiceBinding: credentials for one user of a service, in a Secret that follows servicebinding.io.

Source: https://servicebinding.io/spec/core/1.1.0/ (Provisioned Service, well-known Secret entries).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, Kind, Model, Moment, ObjectName, Observed
from govcloud_api.v1alpha1.service_instance import InstanceName


class ServiceBindingSpec(Model):
    """What is asked. All but `revoked` is fixed."""

    instance_ref: InstanceName
    role: Annotated[Literal["ro", "rw", "admin"], Field(description="Read, write, or change the schema as well.")] = (
        "rw"
    )
    ttl_seconds: Annotated[
        int | None, Field(ge=300, le=31536000, description="Until it ends for good; absent: it is renewed for ever.")
    ] = None
    rotation_seconds: Annotated[
        int,
        Field(ge=60, le=31536000, description="A new password after half of this; the old one ends after all of it."),
    ] = 2592000
    reason: Annotated[str, Field(max_length=2000, description="Required for people's own, temporary credentials.")] = ""
    revoked: Annotated[bool, Field(description="Once true, for good: access ends now, open sessions too.")] = False
    requested_by: Annotated[str, Field(max_length=253, description="Who asks; the API server writes it.")] | None = None


class BindingName(Observed):
    """The Secret, in servicebinding.io's words."""

    name: ObjectName


class ServiceBindingStatus(Observed):
    """What was issued. Only the operator writes it."""

    binding: BindingName | None = None
    user: Annotated[str, Field(max_length=63, description="User of the service that is valid now.")] | None = None
    expires_at: Moment | None = None
    last_rotation: Moment | None = None
    next_rotation: Moment | None = None
    last_used: Moment | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class ServiceBinding(Kind):
    """Access of one program or person to a service."""

    spec: ServiceBindingSpec
    status: ServiceBindingStatus = ServiceBindingStatus()
