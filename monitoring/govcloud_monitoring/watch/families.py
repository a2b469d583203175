"""What watches show of themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily

from govcloud_monitoring.metric import Metric
from govcloud_monitoring.watch.ending import Reason

RESTARTS = Metric(
    name="govcloud_watch_restarts_total",
    help=(
        "Watches of the exporter that ended other than in order and were started again, by kind and reason: gone "
        "(history too old, listed anew), error, silent, disconnected or forbidden. Attempts that fail alike while "
        "there is no watch count once."
    ),
    labels=("kind", "reason"),
)
METRICS = (RESTARTS,)


def families(restarts: Mapping[tuple[str, Reason], int]) -> Iterator[CounterMetricFamily]:
    """All families, in the order of `METRICS`; `restarts` by kind and reason."""
    yield RESTARTS.counter(restarts.items())
