"""A stretch of time that is asked about, and how often things are sampled in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SAMPLE_SECONDS = 30
"""What a sample stands for: Prometheus scrapes and records so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `start` to `end`; at most an hour, whole seconds."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """Its length."""
        return round((self.end - self.start).total_seconds())
