"""ServiceInstance: gather -> decide -> perform -> status. Everything of the service is written in the tenant's name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_kube import Cluster
from govcloud_operators import actions, isolation, rounds, statuses
from govcloud_operators.actions import Action, Apply, Delete, first_stage
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import driver, looking, place, versions
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import ledger
from govcloud_operators.services.backups.keeping import Vaults
from govcloud_operators.services.backups.ledger import Record
from govcloud_operators.services.driver import CERTIFICATE_ID
from govcloud_operators.services.figures import Tell, nobody
from govcloud_operators.services.instance import status, telling
from govcloud_operators.services.instance.gather import gather
from govcloud_operators.services.instance.observed import Observed
from govcloud_operators.services.looking import Dial

START_POLL_SECONDS = 1.0
TROUBLE_POLL_SECONDS = 15.0
BACKUP_POLL_SECONDS = 5.0
SILENCE_POLL_SECONDS = 5.0
"""A service that is asked and silent holds a worker for as long as a connection may take."""
CALM_POLL_SECONDS = 60.0
PATIENCE = timedelta(minutes=5)
"""For so long a change is looked at every second, then less often."""
_OPTIONAL = frozenset({"Secret", "Job", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now, the status that is true, and seconds until the next look."""

    status: dict[str, Any] | None = None
    """None: the object goes away with these actions."""
    own: tuple[Action, ...] = ()
    """On our own objects, with our own rights."""
    tenant: tuple[Action, ...] = ()
    """In the namespace, in the name of the tenant's service account."""
    again_seconds: float | None = None
    record_first: bool = False


def reconcile(
    cluster: Cluster,
    ref: Ref,
    authority: Authority,
    dial: Dial,
    now: datetime,
    *,
    vaults: Vaults,
    tell: Tell = nobody,
) -> float | None:
    """Bring an instance to where its spec says; returns seconds until the next look, None when it is gone.

    `tell` hears how full it is. Raises what the cluster raises, after saying in the status what was refused.
    """
    for _ in range(rounds.MAX_ROUNDS):
        observed = gather(cluster, ref, authority, dial, now, vaults=vaults)
        tell(ref, telling.told(observed))
        if observed is None:
            return None
        decision = decide(observed)
        if decision.record_first or not (decision.own or decision.tenant):
            _write(cluster, ref, observed, decision.status)
        if not (decision.own or decision.tenant):
            return decision.again_seconds
        actions.perform(cluster, decision.own)
        try:
            _perform(cluster, observed, decision.tenant)
        except (errors.Forbidden, errors.InvalidSpec) as refusal:
            _write(cluster, ref, observed, status.standing(observed, str(refusal)))
            raise
    raise errors.NotReady(f"{ref}: not settled after {rounds.MAX_ROUNDS} rounds; something else changes its objects")


def decide(observed: Observed) -> Decision:
    """The next step towards what the order says, or its way out. Pure."""
    if observed.instance.metadata.deletion_timestamp is not None and not observed.held:
        return Decision(status=status.leaving(observed, "others still hold it"))
    if observed.deleting:
        return _teardown(observed)
    if not observed.held:
        return Decision(status=status.standing(observed), own=(Apply(with_finalizer(observed.instance, held=True)),))
    if observed.instance.metadata.deletion_timestamp is not None:
        return Decision(status=status.protected(observed), again_seconds=CALM_POLL_SECONDS)
    told = status.standing(observed)
    look = observed.look
    if look.place is None or look.fault is not None or look.order is None:
        return Decision(status=told, again_seconds=CALM_POLL_SECONDS)
    if (record := wanted_record(observed)) is not None:
        return Decision(status=told, own=(Apply(ledger.wire(record)),))
    if waits := _waits(observed):
        return Decision(status=_waiting(told, observed, *waits), again_seconds=_poll(observed, told))
    if _holds(told, "QuotaExceeded"):
        return Decision(status=told, again_seconds=TROUBLE_POLL_SECONDS)
    return Decision(status=told, tenant=_build(observed), again_seconds=_again(observed, told))


def with_finalizer(instance: ServiceInstance, *, held: bool) -> Object:
    """Its metadata with or without our finalizer, for server-side apply; never creates one."""
    metadata = instance.metadata
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "ServiceInstance",
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "uid": metadata.uid,
            "finalizers": [labels.INSTANCE_FINALIZER] if held else [],
        },
    }


def wanted_record(observed: Observed) -> Record | None:
    """What is to be written down about its bucket; None: it is written, or there is none."""
    look, kept = observed.look, observed.record
    if look.order is None or look.order.vault is None or look.place is None:
        return None
    wanted = kept or ledger.new(observed.instance, look.place.namespace_uid)
    if observed.opened:
        wanted = replace(wanted, opened=conditions.timestamp(observed.now), closed="")
    oldest = observed.told.oldest_restore if observed.told else None
    if oldest is not None:
        wanted = replace(wanted, oldest_restore=conditions.timestamp(oldest))
    return wanted if wanted != kept else None


def tls_secret(observed: Observed) -> Object | None:
    """The Secret with the server's new certificate; None while the one that is there is good."""
    pair, authority = observed.new_certificate, observed.authority
    if pair is None or authority is None:
        return None
    ref = looking.tls_ref(observed.instance)
    own = driver.own_labels(observed.instance.metadata.name)
    made = authorities.secret(ref.name, ref.namespace or "", own, pair, authority.certificate)
    made["metadata"]["annotations"] = {CERTIFICATE_ID: pair.id}
    return made


def _build(observed: Observed) -> tuple[Action, ...]:
    """The certificate first, then the driver's stages; then what an order no longer asks for goes, never data."""
    look = observed.look
    if look.order is None or look.driver is None:
        return ()
    if (secret := tls_secret(observed)) is not None:
        return (Apply(secret),)
    stages = look.driver.stages(look.order)
    if missing := first_stage(stages, look.order.live):
        return missing
    wanted = {ref_of(obj) for stage in stages for obj in stage}
    return tuple(
        Delete(ref, found["metadata"]["uid"])
        for ref, found in look.order.live.items()
        if ref.kind in _OPTIONAL and ref not in wanted and not isolation.is_going(found)
    )


def _teardown(observed: Observed) -> Decision:
    """Bindings first, then what runs, then what it stored; the namespace's own end takes everything by itself."""
    free = Apply(with_finalizer(observed.instance, held=False))
    where = observed.look.place
    if observed.bindings:
        names = ", ".join(found["metadata"]["name"] for found in observed.bindings)
        gone = tuple(
            Delete(ref_of(found), found["metadata"]["uid"])
            for found in observed.bindings
            if not isolation.is_going(found)
        )
        told = status.leaving(observed, f"service bindings are being revoked: {names}")
        return Decision(status=told, own=gone, again_seconds=START_POLL_SECONDS, record_first=True)
    if where is None or not observed.children:
        return Decision(own=(free,))
    names = ", ".join(f"{found['kind']} {found['metadata']['name']}" for found in observed.children)
    told = status.leaving(observed, f"it is being removed: {names}")
    left = tuple(
        Delete(ref_of(found), found["metadata"]["uid"]) for found in observed.children if not isolation.is_going(found)
    )
    return Decision(status=told, tenant=left, again_seconds=START_POLL_SECONDS, record_first=True)


def _waits(observed: Observed) -> tuple[str, str] | None:
    """Reason and sentence of what must come before anything is built."""
    look = observed.look
    if look.place is not None and not look.place.ready and not observed.was_made:
        return "EnvironmentNotReady", "its environment is not isolated yet; it is made as soon as that is proven"
    if observed.was_made:
        return None
    if observed.vault_trouble:
        return "NoBackupStore", f"it is made once there is a place for its backups: {observed.vault_trouble}"
    return _waits_for_source(observed)


def _waits_for_source(observed: Observed) -> tuple[str, str] | None:
    """What a copy waits for."""
    restore = observed.instance.spec.restore_from
    if restore is None:
        return None
    if observed.source is None:
        text = f"no backups of {restore.instance} are known in this environment; copy what exists, or did lately"
        return "NoSuchSource", text
    if observed.source.offering != observed.instance.spec.offering_ref:
        return "WrongSource", f"{restore.instance} is of offering {observed.source.offering}; order the same"
    oldest = observed.source.oldest_restore
    if not oldest:
        return "NoBackup", f"{restore.instance} has no backup yet; it is restored as soon as there is one"
    if restore.time is None:
        return None
    if conditions.parse_timestamp(restore.time) < conditions.parse_timestamp(oldest):
        text = f"{restore.time} is before the oldest backup of {restore.instance}, {oldest}; make a new instance"
        return "TooEarly", f"{text} with a later restoreFrom.time"
    if conditions.parse_timestamp(restore.time) > observed.now:
        return "TooLate", f"restoreFrom.time {restore.time} is in the future; it is restored once that has passed"
    return None


def _waiting(told: dict[str, Any], observed: Observed, reason: str, message: str) -> dict[str, Any]:
    found = conditions.Condition(type="Ready", status="False", reason=reason, message=message)
    before = [condition.wire() for condition in observed.instance.status.conditions]
    generation = observed.instance.metadata.generation
    ready = conditions.merge(before, [found], generation=generation, now=observed.now)
    others = [condition for condition in told["conditions"] if condition["type"] != "Ready"]
    return told | {"conditions": [*others, *ready], "message": message}


def _again(observed: Observed, told: dict[str, Any]) -> float:
    """Soon while something is on its way, else when time alone changes something, at most a minute."""
    if not _holds(told, "Ready"):
        return _poll(observed, told)
    seconds = [CALM_POLL_SECONDS]
    if observed.wanted_backup is not None:
        seconds.append(BACKUP_POLL_SECONDS)
    if observed.look.driver is not None and observed.look.driver.has_backup and not _holds(told, "BackupRecent"):
        seconds.append(TROUBLE_POLL_SECONDS)
    if observed.look.choice.pending:
        opens = versions.next_window(observed.instance.spec.maintenance_window, observed.now)
        seconds.append(max(1.0, (opens - observed.now).total_seconds()))
    return min(seconds)


def _poll(observed: Observed, told: dict[str, Any]) -> float:
    ready = next(found for found in told["conditions"] if found["type"] == "Ready")
    since = observed.now - conditions.parse_timestamp(ready["lastTransitionTime"])
    if ready["reason"] == "Suspended":
        return CALM_POLL_SECONDS
    if observed.silence:
        return SILENCE_POLL_SECONDS
    return START_POLL_SECONDS if since < PATIENCE else TROUBLE_POLL_SECONDS


def _holds(told: dict[str, Any], condition: str) -> bool:
    return any(found["type"] == condition and found["status"] == "True" for found in told["conditions"])


def _perform(cluster: Cluster, observed: Observed, wanted: tuple[Action, ...]) -> None:
    if wanted and observed.look.place is not None:
        actions.perform(place.in_the_name_of(cluster, observed.look.place), wanted)


def _write(cluster: Cluster, ref: Ref, observed: Observed, body: dict[str, Any] | None) -> None:
    if body is not None:
        statuses.write_if_changed(cluster, ref, observed.instance, body)
