"""When a new environment became Ready, and after how long. Pure.

The request that made it says Ready once and stays so, whatever becomes of the environment: what is counted with that
word is counted once, by whichever process writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govcloud_api import conditions
from govcloud_api.v1alpha1 import Environment, EnvironmentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An environment's first Ready."""

    tier: str
    seconds: float
    """Since it was created; whole ones, as the API's times are."""


def arrival(request: EnvironmentRequest, environment: Environment, body: Mapping[str, Any]) -> Arrival | None:
    """What the request's next status `body` says for the first time; None when it says nothing of a new environment."""
    ready = next((found for found in environment.status.conditions if found.type == "Ready"), None)
    created = environment.metadata.creation_timestamp
    if request.spec.type != "Create" or body["phase"] != "Ready" or ready is None or created is None:
        return None
    waited = conditions.parse_timestamp(ready.last_transition_time) - conditions.parse_timestamp(created)
    # Two clocks: the API server's says when it was created.
    return Arrival(tier=environment.spec.tier_ref, seconds=max(0.0, waited.total_seconds()))
