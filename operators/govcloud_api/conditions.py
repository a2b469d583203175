"""`metav1.Condition` exactly: status True, False or Unknown, a reason word, a message, both observed generations.

Source: k8s.io/apimachinery meta/v1 types.go (Condition) and api/meta SetStatusCondition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["True", "False", "Unknown"]
WireCondition = dict[str, Any]

REASON_MAX_CHARS = 1024
MESSAGE_MAX_CHARS = 4096
"""Ours, below the 32768 that metav1 allows: a status stays readable and small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One observation before it gets its times; `type` and `reason` are CamelCase words."""

    type: str
    status: Status
    reason: str
    message: str = ""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with seconds, the only form the API server accepts for metav1.Time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """Inverse of `timestamp`; also reads fractions of a second. Raises ValueError on anything else."""
    return datetime.fromisoformat(text)


def merge(
    before: Iterable[Mapping[str, Any]], now_true: Sequence[Condition], *, generation: int, now: datetime
) -> list[WireCondition]:
    """Wire conditions, in the order of `now_true`; `lastTransitionTime` moves only where the status changed.

    A condition of `before` that is not in `now_true` is dropped: the caller states all it knows every time.
    """
    old = {condition["type"]: condition for condition in before}
    return [_wire(condition, old.get(condition.type), generation, now) for condition in now_true]


def _wire(condition: Condition, before: Mapping[str, Any] | None, generation: int, now: datetime) -> WireCondition:
    unchanged = before is not None and before.get("status") == condition.status
    moved = str(before["lastTransitionTime"]) if before is not None and unchanged else timestamp(now)
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason[:REASON_MAX_CHARS],
        "message": condition.message[:MESSAGE_MAX_CHARS],
        "observedGeneration": generation,
        "lastTransitionTime": moved,
    }


def find(obj: Mapping[str, Any], condition_type: str) -> WireCondition | None:
    """The condition of an object in wire form, or None when it was never reported."""
    for condition in (obj.get("status") or {}).get("conditions") or []:
        if condition.get("type") == condition_type:
            return dict(condition)
    return None


def holds(obj: Mapping[str, Any], condition_type: str) -> bool:
    """Was it reported True last? For Kubernetes' own kinds, which do not say of which generation."""
    condition = find(obj, condition_type)
    return condition is not None and condition.get("status") == "True"


def is_true(obj: Mapping[str, Any], condition_type: str) -> bool:
    """True only when reported True for the generation that the object has now."""
    condition = find(obj, condition_type)
    if condition is None or condition.get("status") != "True":
        return False
    generation = (obj.get("metadata") or {}).get("generation", 0)
    return bool(condition.get("observedGeneration", 0) >= generation)
