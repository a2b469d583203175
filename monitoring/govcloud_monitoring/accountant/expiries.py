"""How many environments have an end, soon or behind them, and are there still. Pure; time is a parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from prometheus_client.core import GaugeMetricFamily

from govcloud_api import policy
from govcloud_api.conditions import parse_timestamp
from govcloud_api.v1alpha1 import Environment
from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.metric import Metric

Expiry = Literal["none", "later", "soon", "expired", "kept", "overdue"]
SOON = timedelta(days=max(policy.EXPIRY_WARNINGS_DAYS))
"""From then on its people are warned."""

ENVIRONMENTS = Metric(
    name="govcloud_environments",
    help=(
        "Environments of a department by expiry: none (has no end), later, soon (within 14 days), expired (past its "
        "end: at rest, its data is removed within two weeks), kept (past its end, and held, or retained until the "
        "platform removes it), overdue (past its end and not at rest, or due for removal and still there). No series "
        "where there is none."
    ),
    labels=("department", "expiry"),
)
METRICS = (ENVIRONMENTS,)

Counts = Mapping[tuple[str, Expiry], int]
"""Environments by department and expiry."""


def counts(environments: Iterable[Environment], shown: Container[str], now: datetime) -> Counts:
    """Departments that are not among the `shown` count as `other`."""
    found: Counter[tuple[str, Expiry]] = Counter()
    for each in environments:
        code = each.spec.department_ref
        found[code if code in shown else OTHER, expiry(each, now)] += 1
    return dict(found)


def expiry(environment: Environment, now: datetime) -> Expiry:
    """What time has made of one."""
    spec, status = environment.spec, environment.status
    if spec.expires_at is None:
        return "none"
    end = parse_timestamp(spec.expires_at)
    if now < end:
        return "soon" if end - now <= SOON else "later"
    if not any(each.type == "Suspended" and each.status == "True" for each in status.conditions):
        return "overdue"
    if spec.legal_hold or spec.deletion_policy == "Retain":
        return "kept"
    due = status.delete_after is not None and parse_timestamp(status.delete_after) <= now
    return "overdue" if due else "expired"


def families(found: Counts) -> Iterator[GaugeMetricFamily]:
    """All families, in the order of `METRICS`."""
    yield ENVIRONMENTS.family(found.items())
