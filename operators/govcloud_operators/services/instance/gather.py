"""Everything a decision about a ServiceInstance needs, read live from the cluster and the service. No decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_kube import Cluster
from govcloud_operators import isolation
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import certificates, looking, place
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import ledger
from govcloud_operators.services.backups.keeping import Vaults
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Door, Observation
from govcloud_operators.services.instance.observed import Observed
from govcloud_operators.services.looking import Dial, Look

CHILD_KINDS = (
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "Ingress"),
    ("v1", "Service"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "PersistentVolumeClaim"),
)
"""What an instance may consist of, in the order of removal."""


def gather(
    cluster: Cluster, ref: Ref, authority: Authority, dial: Dial, now: datetime, *, vaults: Vaults
) -> Observed | None:
    """One look; None when the instance is gone. Raises what `Cluster` raises, InvalidSpec for what has no sense."""
    found = cluster.get(ref)
    if found is None:
        return None
    look = looking.look(cluster, authority, found, now)
    observed = Observed(look=look, now=now)
    if look.instance.metadata.deletion_timestamp is not None:
        children = _children(cluster, look) if observed.deleting else ()
        observed = replace(observed, children=tuple(children), bindings=_bindings(cluster, look.instance))
    if observed.deleting or look.place is None or look.order is None or look.fault is not None:
        return observed
    around = _with_surroundings(cluster, authority, observed)
    return _asked(cluster, authority, dial, _with_vault(cluster, vaults, around))


def _with_surroundings(cluster: Cluster, authority: Authority, observed: Observed) -> Observed:
    namespace = observed.instance.metadata.namespace or ""
    return replace(
        _with_source(cluster, authority, observed),
        quota=cluster.get(Ref("v1", "ResourceQuota", isolation.QUOTA_NAME, namespace)),
        authority=authority.pair(),
        new_certificate=_certificate(authority, observed),
        complaint=_complaint(cluster, observed),
    )


def _with_source(cluster: Cluster, authority: Authority, observed: Observed) -> Observed:
    """The backups that it is filled from, until it was."""
    look, restore = observed.look, observed.instance.spec.restore_from
    if restore is None or look.order is None or look.order.vault is None or look.place is None or observed.was_made:
        return observed
    found = ledger.find(cluster, look.place.namespace_uid, restore.instance)
    if found is None:
        return observed
    order = replace(look.order, source_vault=authority.vault(found.uid))
    return replace(observed, source=found, look=replace(look, order=order))


def _with_vault(cluster: Cluster, vaults: Vaults, observed: Observed) -> Observed:
    """Its record; on the way the bucket is made that the record says is not there."""
    look = observed.look
    if look.order is None or look.order.vault is None or look.place is None:
        return observed
    record = ledger.read(cluster, observed.instance.metadata.uid)
    if record is None or (record.opened and not record.closed):
        return replace(observed, record=record)
    try:
        vaults.open(look.order.vault)
    except errors.NotReady as error:
        return replace(observed, record=record, vault_trouble=str(error))
    return replace(observed, record=record, opened=True)


def _complaint(cluster: Cluster, observed: Observed) -> str:
    """What the StatefulSet's controller says while it cannot make a pod: a quota or policy that says no."""
    order, where = observed.look.order, observed.look.place
    if order is None or where is None or order.pods or order.suspended:
        return ""
    if not any(ref.kind == "StatefulSet" for ref in order.live):
        return ""
    listed = place.in_the_name_of(cluster, where).list(
        "v1", "Event", namespace=order.namespace, field_selector=f"involvedObject.name={order.name},reason=FailedCreate"
    )
    newest = max(listed, key=lambda found: str(found.get("lastTimestamp") or ""), default={})
    return str(newest.get("message", ""))


def _certificate(authority: Authority, observed: Observed) -> Pair | None:
    """A new server certificate when the one that is there is missing, foreign or past half of its life."""
    look, metadata = observed.look, observed.instance.metadata
    if look.driver is None or not look.driver.has_certificate:
        return None
    names = certificates.server_names(metadata.name, metadata.namespace or "")
    pair = authority.pair()
    kept = authorities.decoded(look.tls, "tls.crt")
    if kept and authorities.decoded(look.tls, "tls.key") and certificates.is_fresh(kept, pair, names, observed.now):
        return None
    return certificates.server(pair, names[0], names, observed.now)


def _asked(cluster: Cluster, authority: Authority, dial: Dial, observed: Observed) -> Observed:
    """Ask the running service itself; its silence is an observation too."""
    look = observed.look
    if look.order is None or look.driver is None or look.driver.readiness(look.order).status != "True":
        return _flushed(cluster, authority, dial, observed)
    if look.driver.accounts is None:
        return observed
    try:
        door = looking.door(cluster, authority, look, dial)
        _want_backup(look, door, observed)
        told: Observation = look.driver.observe(look.order, door)
    except errors.NotReady as error:
        return replace(observed, silence=str(error))
    return replace(observed, told=told)


def _want_backup(look: Look, door: Door, observed: Observed) -> None:
    since = observed.wanted_backup
    if since is not None and look.driver is not None and look.driver.has_backup:
        look.driver.want_backup(door, since)


def _flushed(cluster: Cluster, authority: Authority, dial: Dial, observed: Observed) -> Observed:
    """Before a copy is made, the original hands in what it has; when it cannot, the copy waits for it by itself."""
    look, source = observed.look, observed.source
    if source is None or look.order is None or look.driver is None or look.order.pods:
        return observed
    found = cluster.get(looking.instance_ref(source.namespace, source.instance))
    if found is None or found["metadata"]["uid"] != source.uid or not conditions.is_true(found, "Ready"):
        return observed
    try:
        original = looking.look(cluster, authority, found, observed.now)
        if original.order is not None:
            look.driver.flush(looking.door(cluster, authority, original, dial))
    except errors.NotReady:
        return observed
    return observed


def _bindings(cluster: Cluster, instance: ServiceInstance) -> tuple[Object, ...]:
    listed = cluster.list(labels.API_VERSION, "ServiceBinding", namespace=instance.metadata.namespace)
    return tuple(found for found in listed if (found.get("spec") or {}).get("instanceRef") == instance.metadata.name)


def _children(cluster: Cluster, look: Look) -> Iterator[Object]:
    """Everything with the instance's label, whatever the catalogue says today."""
    if look.place is None or look.place.namespace_going:
        return
    tenant = place.in_the_name_of(cluster, look.place)
    selector = labels.selector({labels.SERVICE: look.instance.metadata.name})
    for api_version, kind in CHILD_KINDS:
        yield from tenant.list(api_version, kind, namespace=look.place.namespace, label_selector=selector)
