"""What departments may spend a month, from their own objects, to be held against what they cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.v1alpha1.department import DepartmentSpec
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


def budgets(departments: Iterable[DepartmentSpec]) -> Budgets:
    """Of these departments."""
    return {spec.code: spec.monthly_budget_cents for spec in departments if spec.monthly_budget_cents is not None}


def families(found: Budgets) -> Iterator[GaugeMetricFamily]:
    """All families, in the order of `METRICS`."""
    yield BUDGET.family(((code,), cents / CENTS) for code, cents in found.items())
