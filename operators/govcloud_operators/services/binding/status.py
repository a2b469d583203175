"""What was observed of a ServiceBinding -> its status. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions
from govcloud_api.conditions import Condition
from govcloud_operators.services.binding.observed import Observed

WARNING = timedelta(days=7)
"""So long before the end, or a tenth of its life when that is shorter, a binding says that it ends."""


def standing(observed: Observed) -> dict[str, Any]:
    """Status of a binding that is in force."""
    issued = _issued(observed)
    return _status(observed, [issued, _expiring(observed), _ready(observed, issued)])


def refused(observed: Observed, reason: str, message: str) -> dict[str, Any]:
    """Status of a binding that cannot be served as things are."""
    issued = _issued(observed)
    ready = Condition(type="Ready", status="False", reason=reason, message=message)
    return _status(observed, [issued, _expiring(observed), ready])


def over(observed: Observed, reason: str, step: str) -> dict[str, Any]:
    """Status of a binding that is revoked, has expired or is being deleted; `step` says what is left to do."""
    issued = Condition(type="CredentialsIssued", status="False", reason=reason, message=step)
    ready = Condition(type="Ready", status="False", reason=reason, message=step)
    return _status(observed, [issued, ready])


def _issued(observed: Observed) -> Condition:
    if observed.user:
        return Condition(type="CredentialsIssued", status="True", reason="Issued")
    text = "no credentials were issued yet"
    return Condition(type="CredentialsIssued", status="False", reason="Waiting", message=text)


def _expiring(observed: Observed) -> Condition:
    ends, ttl = observed.ends_at, observed.binding.spec.ttl_seconds
    if ends is None or ttl is None:
        return Condition(type="Expiring", status="False", reason="NeverExpires")
    if ends - observed.now > warning(ttl):
        return Condition(type="Expiring", status="False", reason="NotSoon")
    text = f"it ends at {conditions.timestamp(ends)}; make a new binding if access is needed longer"
    return Condition(type="Expiring", status="True", reason="ExpiresSoon", message=text)


def warning(ttl_seconds: int) -> timedelta:
    """How long before its end a binding warns."""
    return min(WARNING, timedelta(seconds=ttl_seconds) / 10)


def _ready(observed: Observed, issued: Condition) -> Condition:
    if observed.silence:
        return Condition(type="Ready", status="False", reason="Unreachable", message=observed.silence)
    if issued.status != "True":
        return Condition(type="Ready", status="False", reason=issued.reason, message=issued.message)
    if observed.seen is None or all(login.user != observed.user for login in observed.seen):
        text = "the service does not know the login; it is issued anew"
        return Condition(type="Ready", status="False", reason="LoginMissing", message=text)
    return Condition(type="Ready", status="True", reason="Ready")


def _last_used(observed: Observed) -> str | None:
    """The newest use of any of its logins that was ever seen."""
    known = observed.binding.status.last_used
    moments: list[datetime] = [login.last_used for login in observed.seen or () if login.last_used is not None]
    if known is not None:
        moments.append(conditions.parse_timestamp(known))
    return conditions.timestamp(max(moments)) if moments else None


def _status(observed: Observed, found: list[Condition]) -> dict[str, Any]:
    binding = observed.binding
    before = [condition.wire() for condition in binding.status.conditions]
    generation = binding.metadata.generation
    ends = observed.ends_at
    body: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=observed.now),
        "expiresAt": conditions.timestamp(ends) if ends else None,
        "lastUsed": _last_used(observed),
    }
    if observed.user and found[0].status == "True":
        body["binding"] = {"name": binding.metadata.name}
        body["user"] = observed.user
        body["lastRotation"] = conditions.timestamp(observed.issued_at) if observed.issued_at else None
        renew = observed.renew_at
        body["nextRotation"] = conditions.timestamp(renew) if renew and (ends is None or renew < ends) else None
    return {key: value for key, value in body.items() if value is not None}
