"""What was observed of a ServiceInstance -> its status. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions
from govcloud_api.conditions import Condition
from govcloud_operators.services import orders
from govcloud_operators.services.instance import checks
from govcloud_operators.services.instance.observed import Observed

BACKUP_MAX_AGE = timedelta(hours=26)
"""A daily backup may take its time."""
MESSAGE_MAX_CHARS = 1000


def standing(observed: Observed, refusal: str = "") -> dict[str, Any]:
    """Status of an instance that shall run; `refusal` is what the API server said to our last write."""
    if observed.look.fault is not None or observed.look.order is None:
        return _refused(observed)
    provisioned = _provisioned(observed)
    refusal = refusal or observed.complaint
    quota = checks.quota(observed, refusal)
    parts = [provisioned, quota, *_backup(observed), _upgrade(observed)]
    ready = _ready(observed, provisioned, quota, refusal)
    return _status(observed, [*parts, ready])


def leaving(observed: Observed, step: str) -> dict[str, Any]:
    """Status while it is being removed; `step` says what is waited for."""
    ready = Condition(type="Ready", status="False", reason="Deleting", message=step)
    return _status(observed, [ready])


def protected(observed: Observed) -> dict[str, Any]:
    """Status of an instance that somebody deleted while it is protected; it goes on as it is."""
    body = standing(observed)
    text = "it is to be deleted, but protected: set spec.deletionProtection to false, and its data goes with it"
    ready = Condition(type="Ready", status="False", reason="DeletionProtected", message=text)
    others = [condition for condition in body["conditions"] if condition["type"] != "Ready"]
    before = [condition.wire() for condition in observed.instance.status.conditions]
    made = conditions.merge(before, [ready], generation=observed.instance.metadata.generation, now=observed.now)
    return body | {"conditions": [*others, *made], "message": text}


def _refused(observed: Observed) -> dict[str, Any]:
    fault = observed.look.fault or orders.Fault(reason="Waiting", message="nothing is known of it yet")
    kept = observed.look.order
    parts = [_provisioned(observed)] if kept is not None else []
    ready = Condition(type="Ready", status="False", reason=fault.reason, message=fault.message)
    return _status(observed, [*parts, ready])


def _provisioned(observed: Observed) -> Condition:
    look = observed.look
    if look.order is None or look.driver is None:
        return Condition(type="Provisioned", status="False", reason="Waiting")
    return look.driver.readiness(look.order)


def _backup(observed: Observed) -> list[Condition]:
    look = observed.look
    if look.driver is None or not look.driver.has_backup:
        return []
    last = _last_backup(observed)
    trouble = observed.vault_trouble or (observed.told.backup_trouble if observed.told else "")
    if trouble:
        since = f"the last one is of {conditions.timestamp(last)}" if last else "there is none yet"
        text = f"backups do not get to their store, {since}; the database works on meanwhile: {trouble}"
        return [Condition(type="BackupRecent", status="False", reason="StoreTrouble", message=text[:MESSAGE_MAX_CHARS])]
    if observed.told is None and observed.silence:
        text = f"backups cannot be looked at: {observed.silence}"
        return [Condition(type="BackupRecent", status="Unknown", reason="Unreachable", message=text)]
    if last is None:
        return [Condition(type="BackupRecent", status="False", reason="NoBackup", message="there is no backup yet")]
    if observed.now - last > BACKUP_MAX_AGE:
        text = f"the last backup is of {conditions.timestamp(last)}, more than a day ago; tell the platform team"
        return [Condition(type="BackupRecent", status="False", reason="Overdue", message=text)]
    return [Condition(type="BackupRecent", status="True", reason="Recent")]


def _upgrade(observed: Observed) -> Condition:
    pending = observed.look.choice.pending
    if pending:
        return Condition(type="UpgradePending", status="True", reason="Waiting", message=pending)
    return Condition(type="UpgradePending", status="False", reason="UpToDate")


def _ready(observed: Observed, provisioned: Condition, quota: Condition, refusal: str) -> Condition:
    look = observed.look
    if provisioned.status != "True":
        if quota.status == "True":
            return Condition(type="Ready", status="False", reason="QuotaExceeded", message=quota.message)
        text = "; ".join(filter(None, [provisioned.message, refusal]))
        return Condition(type="Ready", status="False", reason=provisioned.reason, message=text)
    if refusal:
        return Condition(type="Ready", status="False", reason="Refused", message=refusal)
    if observed.silence:
        return Condition(type="Ready", status="False", reason="Unreachable", message=observed.silence)
    if look.driver is not None and look.driver.accounts is not None and observed.told is None:
        return Condition(type="Ready", status="False", reason="NotLooked", message="it was not looked at yet")
    return Condition(type="Ready", status="True", reason="Ready")


def _last_backup(observed: Observed) -> datetime | None:
    if observed.told is not None:
        return observed.told.last_backup
    known = observed.instance.status.last_backup
    return conditions.parse_timestamp(known) if known else None


def _status(observed: Observed, found: list[Condition]) -> dict[str, Any]:
    instance, look = observed.instance, observed.look
    before = [condition.wire() for condition in instance.status.conditions]
    generation = instance.metadata.generation
    body: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": conditions.merge(before, found, generation=generation, now=observed.now),
        **_backups(observed),
    }
    ready = found[-1]
    if ready.status != "True" and ready.message:
        body["message"] = ready.message[:MESSAGE_MAX_CHARS]
    if look.order is None or look.driver is None or look.case is None:
        return body
    applied = look.driver.applied_version(look.order)
    if look.choice.desired:
        body["version"] = {"desired": look.choice.desired} | ({"applied": applied} if applied else {})
    body["endpoint"] = look.driver.endpoint(look.order).wire()
    body["monthlyCents"] = orders.monthly_cents(look.case, look.order)
    return {key: value for key, value in body.items() if value is not None}


def _backups(observed: Observed) -> dict[str, str]:
    """As the service told now; while it is silent, what it told last."""
    known = observed.instance.status
    if observed.told is None:
        kept = {"lastBackup": known.last_backup, "oldestRestore": known.oldest_restore}
        return {key: value for key, value in kept.items() if value is not None}
    seen = {"lastBackup": observed.told.last_backup, "oldestRestore": observed.told.oldest_restore}
    return {key: conditions.timestamp(value) for key, value in seen.items() if value is not None}
