"""What Prometheus is shown of the ledger's backups."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govcloud_monitoring.accountant.backups import families
from govcloud_monitoring.ledger.backup import Backup

ENDED = datetime(2026, 5, 3, 3, 10, tzinfo=UTC)
NEWEST, WAITING = "govcloud_ledger_backup_timestamp_seconds", "govcloud_ledger_archive_waiting_seconds"


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (Backup(last_backup=ENDED, waiting_seconds=0), {NEWEST: ENDED.timestamp(), WAITING: 0}),
        (Backup(last_backup=ENDED, waiting_seconds=12.5), {NEWEST: ENDED.timestamp(), WAITING: 12.5}),
        (Backup(last_backup=None, waiting_seconds=12.5), {WAITING: 12.5}),
    ],
    ids=["all is well", "something waits", "there is none"],
)
def test_what_is_not_there_has_no_series(found: Backup, shown: dict[str, float]) -> None:
    assert {each.name: each.value for family in families(found) for each in family.samples} == shown
