"""What departments may spend a month, from their own objects, to be held against what they cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.v1alpha1 import Department
from govcloud_kube.cluster import Object
from govcloud_monitoring.metric import Metric

CENTS = 100
"""Of one unit of the currency."""
BUDGET = Metric(
    name="govcloud_department_month_budget",
    help="What a department may cost a month, in the currency of govcloud_currency_info. No series without a budget.",
    labels=("department",),
)
METRICS = (BUDGET,)

Budgets = Mapping[str, int]
"""Cents a month by department; only of those that have a budget."""


def budgets(departments: Iterable[Object]) -> Budgets:
    """Of Department objects. Raises InvalidSpec for one that cannot be read."""
    specs = (Department.parse(each).spec for each in departments)
    return {spec.code: spec.monthly_budget_cents for spec in specs if spec.monthly_budget_cents is not None}


def families(found: Budgets) -> Iterator[GaugeMetricFamily]:
    """The family of the source `budgets`."""
    yield BUDGET.family(((code,), cents / CENTS) for code, cents in found.items())
