"""What was observed of an Environment -> its status. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions, policy
from govcloud_api.conditions import Condition
from govcloud_operators import isolation
from govcloud_operators.environment import checks, desired
from govcloud_operators.environment.observed import Observed


def standing(observed: Observed, look: checks.Look | None, *, access: str, refusal: str) -> dict[str, Any]:
    """Status of an Environment that shall stand.

    `look` None: namespace or policies are not there yet. `access` says what keeps people out, empty when nothing
    does. `refusal` is what the API server said when it refused our last write.
    """
    parts = [_namespace(observed), _quota(observed), _isolated(look), _access(access)]
    found = [*parts, _expiring(observed), _ready(parts, refusal)]
    return _status(observed, found, look.record if look else observed.environment.status.isolation_probe)


def leaving(observed: Observed, step: str) -> dict[str, Any]:
    """Status while the Environment is taken down; `step` says what is waited for."""
    text = f"the environment is being given back: {step}"
    gone = Condition(type="AccessReady", status="False", reason="Deleting", message=text)
    ready = Condition(type="Ready", status="False", reason="Deleting", message=text)
    return _status(observed, [gone, ready], observed.environment.status.isolation_probe)


def remaining_content(observed: Observed) -> str:
    """What a namespace that is being deleted still waits for, in the namespace controller's own words."""
    found = (observed.namespace or {}).get("status", {}).get("conditions") or []
    waits = [str(c.get("message", "")) for c in found if c.get("status") == "True"]
    name = desired.namespace_name(observed.environment)
    return f"namespace {name} empties" + (f" ({'; '.join(waits)})" if waits else "")


def next_change(observed: Observed) -> datetime | None:
    """When the passing of time alone changes what the status says, None when it never does."""
    expires_at = observed.environment.spec.expires_at
    if expires_at is None:
        return None
    end = conditions.parse_timestamp(expires_at)
    moments = [end - timedelta(days=days) for days in policy.EXPIRY_WARNINGS_DAYS] + [end]
    return min((moment for moment in moments if moment > observed.now), default=None)


def _namespace(observed: Observed) -> Condition:
    name, found = desired.namespace_name(observed.environment), observed.namespace
    if found is None:
        return Condition(type="NamespaceReady", status="False", reason="Missing", message=f"{name} is not there yet")
    if not isolation.is_owned(found, observed.environment.metadata.uid):
        text = f"namespace {name} exists and was not made for this environment; choose another product name"
        return Condition(type="NamespaceReady", status="False", reason="NamespaceTaken", message=text)
    if isolation.is_going(found):
        text = f"namespace {name} is being deleted; it is made again afterwards"
        return Condition(type="NamespaceReady", status="False", reason="Terminating", message=text)
    return Condition(type="NamespaceReady", status="True", reason="Exists", message=name)


def _quota(observed: Observed) -> Condition:
    if isolation.is_enforced(observed.quota):
        return Condition(type="QuotaEnforced", status="True", reason="Counted")
    text = "the cluster does not count this namespace's use yet"
    return Condition(type="QuotaEnforced", status="False", reason="NotCounted", message=text)


def _isolated(look: checks.Look | None) -> Condition:
    if look is None:
        return Condition(
            type="NetworkIsolated", status="Unknown", reason="NotLooked", message="network policies are not there yet"
        )
    return Condition(type="NetworkIsolated", status=look.isolated, reason=look.reason, message=look.message)


def _access(missing: str) -> Condition:
    if missing:
        return Condition(type="AccessReady", status="False", reason="Waiting", message=missing)
    return Condition(type="AccessReady", status="True", reason="Bound")


def _expiring(observed: Observed) -> Condition:
    expires_at = observed.environment.spec.expires_at
    if expires_at is None:
        return Condition(type="Expiring", status="False", reason="NeverExpires")
    left = conditions.parse_timestamp(expires_at) - observed.now
    due = [days for days in policy.EXPIRY_WARNINGS_DAYS if left <= timedelta(days=days)]
    if not due:
        return Condition(type="Expiring", status="False", reason="NotSoon")
    text = f"it ends at {expires_at}, in {min(due)} days or less; save what you need or ask for a new one"
    return Condition(type="Expiring", status="True", reason="ExpiresSoon", message=text)


def _ready(parts: list[Condition], refusal: str) -> Condition:
    for part in parts:
        if part.status != "True":
            text = "; ".join(filter(None, [part.message, refusal]))
            return Condition(type="Ready", status="False", reason=part.reason, message=text)
    return Condition(type="Ready", status="True", reason="Ready")


def _status(observed: Observed, found: list[Condition], record: checks.Record | None) -> dict[str, Any]:
    environment = observed.environment
    before = [condition.wire() for condition in environment.status.conditions]
    generation = environment.metadata.generation
    body: dict[str, Any] = {
        "namespace": desired.namespace_name(environment),
        "expiresAt": environment.spec.expires_at,
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=observed.now),
    }
    if observed.owns_namespace and observed.namespace is not None:
        body["namespaceUid"] = observed.namespace["metadata"]["uid"]
    if record is not None:
        body["isolationProbe"] = record.wire()
    return body
