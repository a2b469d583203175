"""Forecasts to metric families. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.folding import MAX_DEPARTMENTS, MAX_POOLS
from govcloud_monitoring.forecast.exhaustion import Exhaustion
from govcloud_monitoring.forecaster.answers import STATES, Forecasts
from govcloud_monitoring.forecaster.questions import KINDS, MAX_DISKS, Kind
from govcloud_monitoring.metric import Metric

_BOUNDS = (
    "bound: p10, p50 or p90, the days by which the chance is 10, 50 and 90 %. +Inf: not within 180 days; no series "
    "where no forecast can be shown."
)
CAPACITY = Metric(
    name="govcloud_capacity_exhaustion_timestamp_seconds",
    help=(
        "When pods will have reserved all that a pool offers, in seconds since 1970; resource: cpu or memory. "
        f"{_BOUNDS} At most {MAX_POOLS} pools and other."
    ),
    labels=("pool", "resource", "bound"),
    unit="seconds",
)
ERROR = Metric(
    name="govcloud_forecast_scaled_error_ratio",
    help=(
        "Error of the best model for a pool on its past, over 7 days, divided by that of the same hour last week: "
        "below 1 it is better. Whether a date is shown or not; no series where nothing could be tested."
    ),
    labels=("pool", "resource"),
    unit="ratio",
)
QUOTA = Metric(
    name="govcloud_department_quota_exhaustion_timestamp_seconds",
    help=(
        "When a department will have reserved all that its environments may have, in seconds since 1970; resource: "
        f"cpu, memory or storage. {_BOUNDS} Only where p10 is within 180 days. At most {MAX_DEPARTMENTS} departments "
        "and other."
    ),
    labels=("department", "resource", "bound"),
    unit="seconds",
)
DISK = Metric(
    name="govcloud_disk_exhaustion_timestamp_seconds",
    help=(
        f"When the root disk of a machine will be full, in seconds since 1970. {_BOUNDS} At most {MAX_DISKS} machines."
    ),
    labels=("node", "bound"),
    unit="seconds",
)
COUNTS = Metric(
    name="govcloud_forecasts",
    help=(
        "Forecasts of the last run by kind (pool, department, disk) and state: shown, or why there is none: too_short, "
        "gaps, constant, no_limit, too_old, not_tested (after a step), no_better (than last week), too_sure, "
        "too_vague, left_out (over the bound), other."
    ),
    labels=("kind", "state"),
)
MADE = Metric(
    name="govcloud_forecast_run_timestamp_seconds",
    help="When the last run of forecasts began, in seconds since 1970; 0 means that there was none yet.",
    unit="seconds",
)
METRICS = (CAPACITY, ERROR, QUOTA, DISK, COUNTS, MADE)


def families(forecasts: Forecasts) -> Iterator[GaugeMetricFamily]:
    """All families of the source `forecast`, those without samples too, in the order of `METRICS`."""
    yield CAPACITY.family(_pools(forecasts))
    yield ERROR.family(
        ((subject.name, subject.resource), answer.error_ratio)
        for subject, answer in forecasts.answers.items()
        if subject.kind == "pool" and answer.error_ratio is not None
    )
    yield QUOTA.family(_departments(forecasts))
    yield DISK.family(_disks(forecasts))
    yield COUNTS.family(_counts(forecasts).items())
    yield MADE.value(forecasts.made_at.timestamp() if forecasts.made_at else 0.0)


def _pools(forecasts: Forecasts) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, resource, dates in _dated(forecasts, "pool"):
        for bound, value in _bounds(dates):
            yield (name, resource, bound), value


def _departments(forecasts: Forecasts) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, resource, dates in _dated(forecasts, "department"):
        if dates.p10 is not None:
            for bound, value in _bounds(dates):
                yield (name, resource, bound), value


def _disks(forecasts: Forecasts) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, _, dates in _dated(forecasts, "disk"):
        for bound, value in _bounds(dates):
            yield (name, bound), value


def _dated(forecasts: Forecasts, kind: Kind) -> Iterator[tuple[str, str, Exhaustion]]:
    for subject, answer in forecasts.answers.items():
        if subject.kind == kind and answer.dates is not None:
            yield subject.name, subject.resource, answer.dates


def _bounds(dates: Exhaustion) -> Iterator[tuple[str, float]]:
    for bound, moment in (("p10", dates.p10), ("p50", dates.p50), ("p90", dates.p90)):
        yield bound, math.inf if moment is None else moment.timestamp()


def _counts(forecasts: Forecasts) -> Counter[tuple[str, ...]]:
    """All kinds and states, also those of which there are none."""
    found: Counter[tuple[str, ...]] = Counter({(kind, state): 0 for kind in KINDS for state in STATES})
    found.update((subject.kind, answer.state) for subject, answer in forecasts.answers.items())
    found.update({(kind, "left_out"): count for kind, count in forecasts.left_out.items()})
    return found
