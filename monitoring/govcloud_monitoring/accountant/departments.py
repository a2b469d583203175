"""The source `departments`: what the objects of departments and their environments say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily

from govcloud_api.errors import InvalidSpec
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_kube.cluster import Object
from govcloud_monitoring.accountant import budgets, entitlements, expiries
from govcloud_monitoring.accountant.budgets import Budgets
from govcloud_monitoring.accountant.entitlements import Weights
from govcloud_monitoring.accountant.expiries import Counts
from govcloud_monitoring.folding import MAX_DEPARTMENTS, kept

METRICS = (*budgets.METRICS, *entitlements.METRICS, *expiries.METRICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departments:
    """What one look at all of them found."""

    budgets: Budgets
    weights: Weights
    environments: Counts


def departments(found: Iterable[Object], environments: Iterable[Object], now: datetime) -> Departments:
    """Of Department and Environment objects. Raises InvalidSpec for one that cannot be read.

    At most `MAX_DEPARTMENTS` have series of their own, by the same choice as the exporter's.
    """
    specs = [Department.parse(each).spec for each in found]
    shown = kept((spec.code for spec in specs), MAX_DEPARTMENTS)
    return Departments(
        budgets=budgets.budgets(specs),
        weights=entitlements.weights(specs, shown),
        environments=expiries.counts(map(Environment.parse, environments), shown, now),
    )


def display_names(found: Iterable[Object], codes: Collection[str]) -> dict[str, str]:
    """Names of Department objects by code, in one line; without those that cannot be read: they have their code."""
    names = dict(_names(found))
    return {code: names[code] for code in sorted(codes) if code in names}


def _names(found: Iterable[Object]) -> Iterator[tuple[str, str]]:
    for each in found:
        try:
            spec = Department.parse(each).spec
        except InvalidSpec:
            continue
        name = " ".join("".join(char if char.isprintable() else " " for char in spec.display_name).split())
        if name:
            yield spec.code, name


def families(found: Departments) -> Iterator[GaugeMetricFamily]:
    """All families of this source, in the order of `METRICS`."""
    yield from budgets.families(found.budgets)
    yield from entitlements.families(found.weights)
    yield from expiries.families(found.environments)
