"""What is in the store and whose it is: a ConfigMap for each bucket, in the store's namespace. Pure but for `find`.

The record outlives its instance: from it a copy finds the backups of a source that is gone, and the operator the
buckets that may be removed. The platform's own have records of other names and no namespace: no copy finds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from govcloud_api import conditions, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_kube import Cluster
from govcloud_operators.services.backups.vault import NAMESPACE, PLATFORM, bucket_name, platform_bucket_name
from govcloud_operators.services.backups.versions import KEPT

PREFIX = "vault-"
PLATFORM_PREFIX = "platform-"
"""Another one: an operator that knows only the first would take the platform's for an instance that is gone."""
OF_NAMESPACE = "govcloud.internal/of-namespace"
"""Label of a record: UID of the instance's namespace. A name may come again, and then belong to somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One bucket. Moments are RFC 3339, empty: not yet."""

    uid: str
    """Of the instance; of the platform, its word."""
    namespace_uid: str
    namespace: str
    instance: str
    offering: str
    opened: str = ""
    """The bucket and its accounts were made."""
    closed: str = ""
    """The instance was found to be gone."""
    oldest_restore: str = ""
    """As its instance told last."""
    swept: str = ""
    """Old versions were last removed."""
    is_platform: bool = False
    """One of `vault.PLATFORM`, which is there for good."""

    @property
    def ref(self) -> Ref:
        """Ref of its ConfigMap."""
        return _ref(PLATFORM_PREFIX + self.uid) if self.is_platform else record_ref(self.uid)

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return platform_bucket_name(self.uid) if self.is_platform else bucket_name(self.uid)


def record_ref(uid: str) -> Ref:
    """Ref of the record about an instance."""
    return _ref(PREFIX + uid)


def _ref(name: str) -> Ref:
    return Ref("v1", "ConfigMap", name, NAMESPACE)


def new(instance: ServiceInstance, namespace_uid: str) -> Record:
    """The record of an instance for which nothing was made yet."""
    metadata = instance.metadata
    return Record(
        uid=metadata.uid,
        namespace_uid=namespace_uid,
        namespace=metadata.namespace or "",
        instance=metadata.name,
        offering=instance.spec.offering_ref,
    )


def platform(word: str) -> Record:
    """The record of one of `vault.PLATFORM` for which nothing was made yet."""
    return Record(uid=word, namespace_uid="", namespace="", instance="", offering="", is_platform=True)


def wire(record: Record) -> Object:
    """As it is kept."""
    marks = {labels.MANAGED_BY: labels.MANAGER}
    if not record.is_platform:
        marks[OF_NAMESPACE] = record.namespace_uid
    texts = {
        "namespace": record.namespace,
        "instance": record.instance,
        "offering": record.offering,
        "opened": record.opened,
        "closed": record.closed,
        "oldestRestore": record.oldest_restore,
        "swept": record.swept,
    }
    metadata = {"name": record.ref.name, "namespace": NAMESPACE, "labels": marks}
    data = {key: value for key, value in texts.items() if value}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def parse(found: Object) -> Record:
    """From how it is kept; what is missing is empty."""
    data, metadata = found.get("data") or {}, found["metadata"]
    is_platform = metadata["name"].startswith(PLATFORM_PREFIX)
    return Record(
        uid=metadata["name"].removeprefix(PLATFORM_PREFIX if is_platform else PREFIX),
        is_platform=is_platform,
        namespace_uid=(metadata.get("labels") or {}).get(OF_NAMESPACE, ""),
        namespace=data.get("namespace", ""),
        instance=data.get("instance", ""),
        offering=data.get("offering", ""),
        opened=data.get("opened", ""),
        closed=data.get("closed", ""),
        oldest_restore=data.get("oldestRestore", ""),
        swept=data.get("swept", ""),
    )


def every(cluster: Cluster) -> list[Record]:
    """All that are kept, and one for each of the platform's places that has none yet. Raises what `Cluster` raises."""
    selector = labels.selector({labels.MANAGED_BY: labels.MANAGER})
    listed = cluster.list("v1", "ConfigMap", namespace=NAMESPACE, label_selector=selector)
    kept = [parse(found) for found in listed if found["metadata"]["name"].startswith((PREFIX, PLATFORM_PREFIX))]
    known = {record.uid for record in kept if record.is_platform}
    return kept + [platform(word) for word in PLATFORM if word not in known]


def read(cluster: Cluster, uid: str) -> Record | None:
    """The record of an instance. Raises what `Cluster` raises."""
    found = cluster.get(record_ref(uid))
    return parse(found) if found else None


def find(cluster: Cluster, namespace_uid: str, instance: str) -> Record | None:
    """Backups by the name of their instance: of the one that lives, else of the last of that name.

    Raises what `Cluster` raises.
    """
    selector = labels.selector({OF_NAMESPACE: namespace_uid})
    listed = cluster.list("v1", "ConfigMap", namespace=NAMESPACE, label_selector=selector)
    same = [found for found in map(parse, listed) if found.instance == instance and found.opened]
    return max(same, key=lambda found: (not found.closed, found.closed or found.opened), default=None)


def closed(record: Record, now: datetime) -> Record:
    """Its instance is gone since now."""
    return replace(record, closed=conditions.timestamp(now))


def may_go(record: Record, now: datetime) -> bool:
    """Closed for longer than such buckets are kept."""
    return bool(record.closed) and now - conditions.parse_timestamp(record.closed) > KEPT


def due(records: Iterable[Record], now: datetime) -> Record | None:
    """Of the open ones that whose old versions were not looked at for longest, a day at least."""
    left = [record for record in records if record.opened and not record.closed]
    oldest = min(left, key=lambda found: found.swept or found.opened, default=None)
    if oldest is None:
        return None
    since = now - conditions.parse_timestamp(oldest.swept or oldest.opened)
    return oldest if since.total_seconds() > 86400 else None
