"""What was observed of an Environment -> its status. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions, exemptions, policy
from govcloud_api.conditions import Condition
from govcloud_api.v1alpha1.environment import Issue
from govcloud_operators import isolation
from govcloud_operators.environment import checks, desired, transfer
from govcloud_operators.environment.life import moments
from govcloud_operators.environment.observed import Observed


def standing(observed: Observed, look: checks.Look | None, *, access: str, refusal: str) -> dict[str, Any]:
    """Status of an Environment that shall stand.

    `look` None: namespace or policies are not there yet. `access` says what keeps people out, empty when nothing
    does. `refusal` is what the API server said when it refused our last write.
    """
    parts = [_namespace(observed), _quota(observed), _isolated(look), _access(access)]
    rests = _suspended(observed)
    found = [*parts, _expiring(observed), rests, _ready(parts, rests, refusal)]
    body = _status(observed, found, look.record if look else observed.environment.status.isolation_probe)
    if observed.life.delete_after is not None:
        body["deleteAfter"] = observed.life.delete_after
    told = [*_shut_egress(observed), *([] if observed.life.suspended else observed.issues)]
    return body | ({"issues": [issue.wire() for issue in told]} if told else {})


def leaving(observed: Observed, step: str) -> dict[str, Any]:
    """Status while the Environment is taken down; `step` says what is waited for or what forbids it."""
    text = f"the environment is being given back: {step}"
    gone = Condition(type="AccessReady", status="False", reason="Deleting", message=text)
    ready = Condition(type="Ready", status="False", reason="Deleting", message=text)
    body = _status(observed, [gone, _suspended(observed), ready], observed.environment.status.isolation_probe)
    noted = observed.life.delete_after or observed.environment.status.delete_after
    return body | ({"deleteAfter": noted} if noted else {})


def remaining_content(observed: Observed) -> str:
    """What a namespace that is being deleted still waits for, in the namespace controller's own words."""
    found = (observed.namespace or {}).get("status", {}).get("conditions") or []
    waits = [str(c.get("message", "")) for c in found if c.get("status") == "True"]
    name = desired.namespace_name(observed.environment)
    return f"namespace {name} empties" + (f" ({'; '.join(waits)})" if waits else "")


def next_change(observed: Observed) -> datetime | None:
    """When the passing of time alone changes what the status says, None when it never does."""
    found = moments(observed.environment, observed.life)
    lapse = exemptions.next_change(observed.exemptions, observed.environment.metadata.name, observed.now)
    return min((moment for moment in [*found, lapse] if moment and moment > observed.now), default=None)


def _namespace(observed: Observed) -> Condition:
    name, found = desired.namespace_name(observed.environment), observed.namespace
    if transfer.lacks_name(observed):
        text = "the environment whose namespace it takes over is not there any more; ask the platform team"
        return Condition(type="NamespaceReady", status="False", reason="NothingToTakeOver", message=text)
    if found is None:
        return Condition(type="NamespaceReady", status="False", reason="Missing", message=f"{name} is not there yet")
    if transfer.is_due(observed):
        text = f"namespace {name} is being taken over from another department"
        return Condition(type="NamespaceReady", status="False", reason="TakingOver", message=text)
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
    if observed.life.reason == "Expired":
        return Condition(type="Expiring", status="True", reason="Expired", message=observed.life.message)
    left = conditions.parse_timestamp(expires_at) - observed.now
    due = [days for days in policy.EXPIRY_WARNINGS_DAYS if left <= timedelta(days=days)]
    if not due:
        return Condition(type="Expiring", status="False", reason="NotSoon")
    text = f"it ends at {expires_at}, in {min(due)} days or less; ask for an extension (a request of type Extend)"
    return Condition(type="Expiring", status="True", reason="ExpiresSoon", message=text)


def _suspended(observed: Observed) -> Condition:
    found = observed.life
    word: conditions.Status = "True" if found.suspended else "False"
    return Condition(type="Suspended", status=word, reason=found.reason, message=found.message)


def _ready(parts: list[Condition], rests: Condition, refusal: str) -> Condition:
    if rests.status == "True":
        text = "; ".join(filter(None, [f"scaled to zero: {rests.message}", refusal]))
        return Condition(type="Ready", status="False", reason="Suspended", message=text)
    for part in parts:
        if part.status != "True":
            text = "; ".join(filter(None, [part.message, refusal]))
            return Condition(type="Ready", status="False", reason=part.reason, message=text)
    return Condition(type="Ready", status="True", reason="Ready")


def _shut_egress(observed: Observed) -> list[Issue]:
    """Asked for and approved, yet not opened: the operator does not know which addresses are the cluster's own."""
    wanted = observed.environment.spec.network.egress
    if wanted == "closed" or observed.cluster_networks:
        return []
    text = f"egress {wanted} stays closed: the operator was not told the cluster's own networks"
    fix = "ask the platform team to set GOVCLOUD_POD_CIDR, GOVCLOUD_SERVICE_CIDR and GOVCLOUD_NODE_CIDR"
    name = f"Environment {observed.environment.metadata.name}"
    return [Issue(code="EgressClosed", severity="warning", object=name, message=text, fix=fix)]


def _used(observed: Observed) -> dict[str, Any]:
    """What the quota controller counts, as it is; what it has not counted yet is left out."""
    counted = (observed.quota or {}).get("status") or {}
    if not observed.owns_namespace or not counted.get("hard"):
        return {}
    return {"quota": {"hard": dict(counted["hard"]), "used": dict(counted.get("used") or {})}}


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
    body |= _used(observed)
    if observed.owns_namespace and observed.namespace is not None:
        body["namespaceUid"] = observed.namespace["metadata"]["uid"]
    if record is not None:
        body["isolationProbe"] = record.wire()
    return body
