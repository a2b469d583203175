"""Judgement of an Approval -> its status. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from govcloud_api import conditions
from govcloud_api.conditions import Condition
from govcloud_api.decision import Judgement
from govcloud_api.v1alpha1 import Approval

FINAL = frozenset({"Counted", "StaleHash", "SelfApproval", "NoSuchRequest"})
"""Reasons that no later event changes: request and Approval are immutable, and a request never comes back."""


def status(approval: Approval, judgement: Judgement, now: datetime) -> dict[str, Any]:
    """The whole status in wire form."""
    valid = Condition(
        type="Valid",
        status="True" if judgement.reason == "Counted" else "False",
        reason=judgement.reason,
        message=judgement.message,
    )
    before = [condition.wire() for condition in approval.status.conditions]
    generation = approval.metadata.generation
    return {
        "observedGeneration": generation,
        "conditions": conditions.merge(before, [valid], generation=generation, now=now),
    }


def is_settled(approval: Mapping[str, Any]) -> bool:
    """Of an Approval in wire form: nothing is left to judge."""
    valid = conditions.find(approval, "Valid")
    return valid is not None and valid.get("reason") in FINAL
