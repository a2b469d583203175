"""The source `backup`: how the ledger's own backups stand. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from govcloud_monitoring.ledger.backup import Backup
from govcloud_monitoring.metric import Metric

NEWEST = Metric(
    name="govcloud_ledger_backup_timestamp_seconds",
    help=(
        "When the newest full backup of the ledger in the backup store ended, in seconds since 1970. No series while "
        "there is none."
    ),
    unit="seconds",
)
WAITING = Metric(
    name="govcloud_ledger_archive_waiting_seconds",
    help=(
        "Age of the oldest part of the ledger's log that has not got to the backup store, in seconds; 0 when nothing "
        "waits. What waits would be lost with the ledger's volume."
    ),
    unit="seconds",
)
METRICS = (NEWEST, WAITING)


def families(found: Backup) -> Iterator[GaugeMetricFamily]:
    """All families of this source, in the order of `METRICS`."""
    yield NEWEST.family([((), found.last_backup.timestamp())] if found.last_backup else [])
    yield WAITING.value(found.waiting_seconds)
