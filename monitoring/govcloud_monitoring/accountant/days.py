"""The closed hours of a month, day by day: what exports to finance are made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from govcloud_api.errors import ApiUnavailable
from govcloud_monitoring.ledger.sums import DaySum


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Of the month that begins on `first`. Hours that are not closed yet are not in it: an export is final."""

    first: date
    currency: str
    lines: tuple[DaySum, ...]

    def plain(self) -> dict[str, Any]:
        """The wire form."""
        return dict(_FORM.dump_python(self, mode="json"))


_FORM = TypeAdapter(Days)


def parse(document: bytes) -> Days:
    """From the wire form. Raises ApiUnavailable for something else."""
    try:
        return _FORM.validate_json(document)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"what answers in the ledger's place is not the accountant: {first['msg']} at {first['loc']}"
        raise ApiUnavailable(f"{message}; do this program and the cloud have the same version?") from error
