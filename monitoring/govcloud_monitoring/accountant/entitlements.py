"""Which part of the cloud is whose, from departments' own objects, to be held against what they reserve. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.v1alpha1.department import DepartmentSpec
from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.metric import Metric

ENTITLED = Metric(
    name="govcloud_department_entitled_ratio",
    help=(
        "Part of the cloud that a department is entitled to, of each pool alike: its entitlementWeight, of the sum of "
        "all departments' weights. All departments together have 1."
    ),
    labels=("department",),
    unit="ratio",
)
METRICS = (ENTITLED,)

Weights = Mapping[str, int]
"""Integers from 1 on, by department."""


def weights(departments: Iterable[DepartmentSpec], shown: Container[str]) -> Weights:
    """Of these departments; `other` has the weights of those that are not among the `shown`."""
    found: Counter[str] = Counter()
    for spec in departments:
        found[spec.code if spec.code in shown else OTHER] += spec.entitlement_weight
    return dict(found)


def families(found: Weights) -> Iterator[GaugeMetricFamily]:
    """All families, in the order of `METRICS`."""
    whole = sum(found.values())
    yield ENTITLED.family(((code,), weight / whole) for code, weight in found.items())
