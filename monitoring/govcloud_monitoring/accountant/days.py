"""The closed hours of a month, day by day: what exports to finance are made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from govcloud_monitoring.accountant import wire
from govcloud_monitoring.ledger.sums import DaySum


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Of the month that begins on `first`. Hours that are not closed yet are not in it: an export is final."""

    first: date
    currency: str
    lines: tuple[DaySum, ...]
    department_names: Mapping[str, str] = field(default_factory=dict)
    """Display names by code, of departments in the lines that are still there; none from a ledger that is older."""

    def plain(self) -> dict[str, Any]:
        """The wire form."""
        return wire.plain(_FORM, self)


_FORM = TypeAdapter(Days)


def parse(document: bytes) -> Days:
    """From the wire form. Raises ApiUnavailable for something else."""
    return wire.parsed(_FORM, document)
