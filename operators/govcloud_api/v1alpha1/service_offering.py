"""ServiceOffering: a service that departments can order, with its plans. Cluster-scoped, written by the platform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, DataClass, Kind, Model, ObjectName, Observed, Quantity

IMAGE = r"^[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9._-]+(@sha256:[0-9a-f]{64})?$"
"""A name with its tag; `deploy` adds the digest that the bundle has."""
Driver = Literal["postgresql", "valkey", "nats", "bucket", "web"]
SupportStatus = Literal["Alpha", "Beta", "Production", "Deprecated"]
ServiceVersion = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]


class Plan(Model):
    """A size of the service and its price beyond the reserved units."""

    name: Annotated[ObjectName, Field(max_length=20)]
    bullets: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=8)] = Field(default_factory=list)
    cpu: Quantity
    memory: Quantity
    storage: Annotated[Quantity, Field(description="0 for a service without a volume.")] = "0"
    replicas: Annotated[int, Field(ge=1, le=9)] = 1
    price_cents: Annotated[int, Field(ge=0, le=100000000, description="A month, besides the reserved units.")] = 0


class OfferedVersion(Model):
    """A version that can be chosen, and its image in the site's registry."""

    version: ServiceVersion
    image: Annotated[str, Field(min_length=1, max_length=253, pattern=IMAGE)]
    helper_image: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=253,
            pattern=IMAGE,
            description="Image of what prepares the server before it starts; only for drivers that need it.",
        ),
    ] = None
    default: bool = False


class ServiceOfferingSpec(Model):
    """What is offered."""

    display_name: Annotated[str, Field(min_length=1, max_length=120)]
    description: Annotated[str, Field(max_length=1000)] = ""
    driver: Driver
    support_status: SupportStatus = "Beta"
    versions: Annotated[list[OfferedVersion], Field(max_length=16)] = Field(default_factory=list)
    plans: Annotated[list[Plan], Field(min_length=1, max_length=16)]
    max_data_class: DataClass = "internal"


class ServiceOfferingStatus(Observed):
    """Who uses it. Only the operator writes it."""

    instances: Annotated[int, Field(ge=0)] | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class ServiceOffering(Kind):
    """An entry of the catalogue."""

    spec: ServiceOfferingSpec
    status: ServiceOfferingStatus = ServiceOfferingStatus()
