"""Services to metric families. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.metric import Metric
from govcloud_monitoring.services.summary import Services

_GROUP = ("department", "purpose", "driver")
INSTANCES = Metric(
    name="govcloud_service_instances",
    help=(
        "Services (ServiceInstances) that a department has ordered. driver: what builds it; other when the catalogue "
        "does not have what was ordered."
    ),
    labels=_GROUP,
)
NOT_READY = Metric(
    name="govcloud_service_not_ready",
    help=(
        "Services that do not work as they were ordered, as the operator found them last; without those of suspended "
        "environments. No series where all do."
    ),
    labels=_GROUP,
)
OLDEST_BACKUP = Metric(
    name="govcloud_service_backup_oldest_timestamp_seconds",
    help=(
        "When the newest backup of a department's service ended, of the one whose newest backup is the oldest, in "
        "seconds since 1970. Only services that are backed up, have a backup, and are not suspended."
    ),
    labels=_GROUP,
    unit="seconds",
)
AWAITED_BACKUP = Metric(
    name="govcloud_service_backup_awaited_timestamp_seconds",
    help=(
        "Since when a department's service runs that shall be backed up and has no backup yet, of the one that waits "
        "longest, in seconds since 1970. No series when none waits."
    ),
    labels=_GROUP,
    unit="seconds",
)
METRICS = (INSTANCES, NOT_READY, OLDEST_BACKUP, AWAITED_BACKUP)


def families(services: Services) -> Iterator[GaugeMetricFamily]:
    """All families, those without samples too, in the order of `METRICS`."""
    yield INSTANCES.family(services.instances.items())
    yield NOT_READY.family(services.not_ready.items())
    yield OLDEST_BACKUP.family(services.oldest_backup.items())
    yield AWAITED_BACKUP.family(services.awaited_since.items())
