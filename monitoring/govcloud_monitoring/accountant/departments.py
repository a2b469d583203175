"""The source `departments`: what the objects of departments say about them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.v1alpha1 import Department
from govcloud_kube.cluster import Object
from govcloud_monitoring.accountant import budgets, entitlements
from govcloud_monitoring.accountant.budgets import Budgets
from govcloud_monitoring.accountant.entitlements import Weights

METRICS = (*budgets.METRICS, *entitlements.METRICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departments:
    """What one look at all of them found."""

    budgets: Budgets
    weights: Weights


def departments(found: Iterable[Object]) -> Departments:
    """Of Department objects. Raises InvalidSpec for one that cannot be read."""
    specs = [Department.parse(each).spec for each in found]
    return Departments(budgets=budgets.budgets(specs), weights=entitlements.weights(specs))


def families(found: Departments) -> Iterator[GaugeMetricFamily]:
    """All families of this source, in the order of `METRICS`."""
    yield from budgets.families(found.budgets)
    yield from entitlements.families(found.weights)
