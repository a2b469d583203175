"""What the ledger's own database knows of its backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """As its keeper last read it back from the store."""

    last_backup: datetime | None
    """End of the newest full backup, in UTC; None: there is none."""
    waiting_seconds: float
    """Age of the oldest part of the log that has not got to the store; 0: nothing waits."""
