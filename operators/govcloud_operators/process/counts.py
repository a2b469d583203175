"""What workers did since the process started: looks by kind, how long they took, and why some failed."""

from __future__ import annotations

from govcloud_api import errors
from govcloud_operators.dispatch import FAN_OUT
from govcloud_operators.histogram import Histogram
from govcloud_operators.rooms import ROOMS

KINDS = (*sorted(room.kind for room in ROOMS), FAN_OUT)
"""All there are, as they are shown; looks that only find out whose turn it is are one of them."""
UNEXPECTED = "unexpected"
OTHER = "other"
_REASONS = {
    errors.ApiUnavailable: "api_unavailable",
    errors.Conflict: "conflict",
    errors.Forbidden: "forbidden",
    errors.InvalidSpec: "invalid_spec",
    errors.NotFound: "not_found",
}
REASONS = (*_REASONS.values(), OTHER, UNEXPECTED)
"""Why a look failed: a word for each error of the API, one for our other errors, one for what is a fault of ours."""


class Counts:
    """Lives in the loop of the queue."""

    def __init__(self) -> None:
        self.durations = {kind: Histogram() for kind in KINDS}
        self.failures = {(kind, reason): 0 for kind in KINDS for reason in REASONS}

    def add(self, kind: str, seconds: float, reason: str = "") -> None:
        """Count one look at a key of this kind; `reason` is one of `REASONS` when it failed."""
        shown = shown_kind(kind)
        self.durations[shown].add(seconds)
        if reason:
            self.failures[shown, reason] += 1


def shown_kind(kind: str) -> str:
    """A key's kind as it is shown: one of `KINDS`."""
    return FAN_OUT if kind.endswith(FAN_OUT) else kind


def reason_of(error: Exception) -> str:
    """One of `REASONS`."""
    if not isinstance(error, errors.GovcloudError):
        return UNEXPECTED
    return next((word for kind, word in _REASONS.items() if isinstance(error, kind)), OTHER)
