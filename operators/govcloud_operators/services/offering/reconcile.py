"""ServiceOffering: counts its instances and says whether this cloud can build it. Small enough to be one module."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from govcloud_api import conditions, labels
from govcloud_api.conditions import Condition
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import ServiceOffering
from govcloud_kube import Cluster
from govcloud_operators import statuses
from govcloud_operators.services.registry import REGISTRY


def offering_ref(name: str) -> Ref:
    """Ref of a ServiceOffering."""
    return Ref(labels.API_VERSION, "ServiceOffering", name)


def reconcile(cluster: Cluster, name: str, now: datetime) -> float | None:
    """Write the status of an offering. Returns None: events and the resync bring the next look."""
    found = cluster.get(offering_ref(name))
    if found is None:
        return None
    offering = ServiceOffering.parse(found)
    listed = cluster.list(labels.API_VERSION, "ServiceInstance")
    instances = sum(1 for instance in listed if (instance.get("spec") or {}).get("offeringRef") == name)
    statuses.write_if_changed(cluster, offering_ref(name), offering, status(offering, instances, now))
    return None


def status(offering: ServiceOffering, instances: int, now: datetime) -> dict[str, Any]:
    """What is known of an offering. Pure."""
    before = [condition.wire() for condition in offering.status.conditions]
    generation = offering.metadata.generation
    return {
        "instances": instances,
        "observedGeneration": generation,
        "conditions": conditions.merge(before, [_ready(offering)], generation=generation, now=now),
    }


def _ready(offering: ServiceOffering) -> Condition:
    driver = offering.spec.driver
    if driver not in REGISTRY:
        text = f"this version of the platform has no driver {driver}; nobody can order it"
        return Condition(type="Ready", status="False", reason="NoSuchDriver", message=text)
    if offering.spec.versions and not any(version.default for version in offering.spec.versions):
        text = "no version is the default; orders must name one"
        return Condition(type="Ready", status="True", reason="NoDefault", message=text)
    return Condition(type="Ready", status="True", reason="Ready")
