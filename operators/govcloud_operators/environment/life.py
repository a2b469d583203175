"""Does an environment run, rest, or end? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api import conditions, policy
from govcloud_api.v1alpha1 import Environment

KEPT_AFTER_EXPIRY = timedelta(days=14)
"""How long an expired environment rests, scaled to zero with its data, before it is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What time and the platform say about an environment."""

    suspended: bool = False
    reason: str = "Active"
    message: str = ""
    delete_after: str | None = None
    """When it is removed; None: not by itself."""
    over: bool = False
    """It is to be removed now."""


def life(environment: Environment, now: datetime) -> Life:
    """Expired is suspended first and removed later; the platform may suspend, hold or retain."""
    spec = environment.spec
    if not _expired(environment, now):
        if spec.suspended:
            return Life(suspended=True, reason="ByPlatform", message="the platform suspended it; ask the platform team")
        return Life()
    ended = f"it expired at {spec.expires_at}; ask for an extension (a request of type Extend) to go on"
    if spec.legal_hold:
        return Life(suspended=True, reason="Expired", message=f"{ended}; a legal hold keeps everything of it")
    if spec.deletion_policy == "Retain":
        return Life(suspended=True, reason="Expired", message=f"{ended}; it is kept until the platform removes it")
    end = _delete_after(environment, now)
    return Life(
        suspended=True,
        reason="Expired",
        message=f"{ended}; it is removed with its data after {conditions.timestamp(end)}",
        delete_after=conditions.timestamp(end),
        over=end <= now,
    )


def moments(environment: Environment, known: Life) -> list[datetime]:
    """When the passing of time alone changes what is true."""
    found = [] if known.delete_after is None else [conditions.parse_timestamp(known.delete_after)]
    if environment.spec.expires_at is not None:
        end = conditions.parse_timestamp(environment.spec.expires_at)
        found += [end - timedelta(days=days) for days in policy.EXPIRY_WARNINGS_DAYS] + [end]
    return sorted(found)


def removed_by_time(environment: Environment, now: datetime) -> bool:
    """The time after expiry has run out: nobody had to ask for the removal."""
    noted = environment.status.delete_after
    return noted is not None and conditions.parse_timestamp(noted) <= now


def _expired(environment: Environment, now: datetime) -> bool:
    expires_at = environment.spec.expires_at
    return expires_at is not None and conditions.parse_timestamp(expires_at) <= now


def _delete_after(environment: Environment, now: datetime) -> datetime:
    """As noted when the expiry was first seen, so that an operator that was away shortens nobody's time."""
    noted, expires_at = environment.status.delete_after, environment.spec.expires_at or ""
    if noted is not None:
        end = conditions.parse_timestamp(noted)
        if end >= conditions.parse_timestamp(expires_at) + KEPT_AFTER_EXPIRY:
            return end
    return now + KEPT_AFTER_EXPIRY
