"""The store itself, looked at by the clock: its root's credentials, its certificate, and what its records ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators import actions
from govcloud_operators.actions import Apply, Delete
from govcloud_operators.keys import Key
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import certificates
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import ledger
from govcloud_operators.services.backups.keeping import Vaults
from govcloud_operators.services.backups.ledger import Record
from govcloud_operators.services.backups.vault import NAMESPACE, WORKLOAD, Store, Vault
from govcloud_operators.services.driver import CERTIFICATE_ID

KEY = Key("BackupStore", NAMESPACE, WORKLOAD)
TLS = Ref("v1", "Secret", f"{WORKLOAD}-tls", NAMESPACE)
SERVER = Ref("apps/v1", "StatefulSet", WORKLOAD, NAMESPACE)
YOUNG = timedelta(minutes=15)
"""Until then a bucket without backups is left alone: its instance may only not have been seen yet."""
FIELD_MANAGER = "govcloud-operator-certificate"
"""Of one annotation on what the platform applies."""
SILENT_PAUSE_SECONDS = 15.0
"""Nobody waits for this look: instances ask the store themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be done about one bucket, and the record once that is done; None: it goes, too."""

    do: Literal["open", "close", "remove", "sweep"]
    record: Record
    then: Record | None


def reconcile(cluster: Cluster, authority: Authority, vaults: Vaults, now: datetime) -> float | None:
    """Bring the store to where its records say. Raises what `Cluster` raises, NotReady when the store is silent."""
    if not authority.store.authority:
        _certify(cluster, authority, now)
    records = ledger.every(cluster)
    living = {obj["metadata"]["uid"] for obj in cluster.list(labels.API_VERSION, "ServiceInstance")}
    for step in steps(records, living, _buckets(vaults), now):
        vault = _vault(authority, step.record)
        match step.do:
            case "open":
                vaults.open(vault)
            case "close":
                vaults.close(vault)
            case "remove":
                vaults.remove(vault)
            case "sweep":
                vaults.sweep(vault, now)
        _write(cluster, step)
    return None


def _vault(authority: Authority, record: Record) -> Vault:
    return authority.platform_vault(record.uid) if record.is_platform else authority.vault(record.uid)


def _buckets(vaults: Vaults) -> Collection[str]:
    try:
        return vaults.buckets()
    except errors.NotReady as silent:
        raise errors.NotReady(str(silent), delay_seconds=SILENT_PAUSE_SECONDS) from silent


def steps(records: Iterable[Record], living: Collection[str], buckets: Collection[str], now: datetime) -> list[Step]:
    """In the order of records; `living` are UIDs of instances. Pure.

    Whatever the store lost is made again as soon as its record is seen; old versions of one bucket a time.
    """
    found = list(records)
    due = ledger.due(found, now)
    made = [step for record in found if (step := _step(record, living, buckets, now)) is not None]
    if due is not None and due not in [step.record for step in made]:
        made.append(Step(do="sweep", record=due, then=replace(due, swept=conditions.timestamp(now))))
    return made


def _step(record: Record, living: Collection[str], buckets: Collection[str], now: datetime) -> Step | None:
    opened = Step(do="open", record=record, then=replace(record, opened=conditions.timestamp(now)))
    if record.is_platform:
        return None if record.opened and record.bucket in buckets else opened
    if record.uid not in living:
        if ledger.may_go(record, now):
            return Step(do="remove", record=record, then=None)
        if record.closed:
            return None
        if not record.oldest_restore or record.bucket not in buckets:
            young = record.opened and now - conditions.parse_timestamp(record.opened) < YOUNG
            return None if young else Step(do="remove", record=record, then=None)
        return Step(do="close", record=record, then=ledger.closed(record, now))
    return opened if record.opened and not record.closed and record.bucket not in buckets else None


def certificate_mark(pair_id: str) -> Object:
    """Annotation of the store's pods: another certificate starts them again, the program reads it only then."""
    template = {"metadata": {"annotations": {CERTIFICATE_ID: pair_id}}}
    return {
        "apiVersion": SERVER.api_version,
        "kind": SERVER.kind,
        "metadata": {"name": SERVER.name, "namespace": SERVER.namespace},
        "spec": {"template": template},
    }


def _certify(cluster: Cluster, authority: Authority, now: datetime) -> None:
    secret, pair = cluster.get(TLS), authority.pair()
    kept, names = authorities.decoded(secret, "tls.crt"), Store().names
    if not (authorities.decoded(secret, "tls.key") and certificates.is_fresh(kept, pair, names, now)):
        made = certificates.server(pair, WORKLOAD, names, now)
        actions.perform(cluster, [Apply(authorities.secret(TLS.name, NAMESPACE, {}, made, pair.certificate))])
        kept = made.certificate
    wanted = certificates.Pair(certificate=kept, key="").id
    server = cluster.get(SERVER)
    if server is None:
        return
    shown = (server["spec"]["template"]["metadata"].get("annotations") or {}).get(CERTIFICATE_ID)
    if shown != wanted:
        actions.perform(cluster, [Apply(certificate_mark(wanted), FIELD_MANAGER)])


def _write(cluster: Cluster, step: Step) -> None:
    found = cluster.get(step.record.ref)
    if found is None and not step.record.is_platform:
        return
    if step.then is not None:
        actions.perform(cluster, [Apply(ledger.wire(step.then))])
    elif found is not None:
        actions.perform(cluster, [Delete(step.record.ref, found["metadata"]["uid"])])
