"""ServiceTier: what the platform promises, the same for small and large departments. Cluster-scoped."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from govcloud_api.v1alpha1.model import Conditions, Egress, Kind, Model, Observed, Size

Ratio = Annotated[str, Field(max_length=8, pattern=r"^(100|[0-9]{1,2}(\.[0-9]{1,4})?)$")]
"""Percent as text, e.g. `99.9`: Kubernetes' schemas keep no exact fractions."""
Minutes = Annotated[int, Field(ge=1, le=525600)]


class Objectives(Model):
    """What is measured against; every department sees its own figures beside them."""

    availability_percent: Ratio
    provisioning_minutes: Minutes
    decision_minutes: Minutes
    support_response_minutes: Minutes
    rpo_minutes: Annotated[Minutes, Field(description="Data that a disaster may cost.")]
    rto_minutes: Annotated[Minutes, Field(description="Time until it works again.")]


class Prices(Model):
    """Price of a reserved unit for a month of 730 hours, in hundredths of the site's currency."""

    cpu_core_cents: Annotated[int, Field(ge=0, le=100000000)]
    memory_gib_cents: Annotated[int, Field(ge=0, le=100000000)]
    storage_gib_cents: Annotated[int, Field(ge=0, le=100000000)]


class ServiceTierSpec(Model):
    """What environments of this tier get."""

    objectives: Objectives
    prices: Prices
    largest_size: Size = "large"
    replicas_min: Annotated[int, Field(ge=1, le=9, description="Copies of a service that must go on.")] = 1
    priority: Annotated[
        int, Field(ge=0, le=1000, description="Pods of a higher tier take the place of lower ones.")
    ] = 100
    egress: Annotated[Egress, Field(description="Of environments that ask for none.")] = "closed"
    backup_days: Annotated[int, Field(ge=1, le=3650)] = 7


class ServiceTierStatus(Observed):
    """Who uses it. Only the operator writes it."""

    departments: Annotated[int, Field(ge=0)] | None = None
    observed_generation: Annotated[int, Field(ge=0)] = 0
    conditions: Conditions = Field(default_factory=list)


class ServiceTier(Kind):
    """A level of service with its objectives and prices."""

    spec: ServiceTierSpec
    status: ServiceTierStatus = ServiceTierStatus()
