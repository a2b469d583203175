"""What a decision about a ServiceInstance is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from govcloud_api import conditions, labels
from govcloud_api.objects import Object
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_operators.services.backups.ledger import Record
from govcloud_operators.services.certificates import Pair
from govcloud_operators.services.driver import Observation
from govcloud_operators.services.looking import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at an instance, its objects, and the running service itself."""

    look: Look
    now: datetime
    quota: Object | None = None
    """The ResourceQuota of the environment."""
    bindings: tuple[Object, ...] = ()
    children: tuple[Object, ...] = ()
    """All objects with the instance's label; read only while it is being deleted."""
    told: Observation | None = None
    """What the running service said; None: it was not asked, or see `silence`."""
    complaint: str = ""
    """Why the cluster makes no pod, in its own words."""
    silence: str = ""
    """Why the running service did not answer."""
    source: Record | None = None
    """The backups that this one starts as a copy of; their instance may be gone."""
    record: Record | None = None
    """Its own bucket in the backup store."""
    opened: bool = False
    """The bucket was just made, or made again."""
    vault_trouble: str = ""
    """Why the bucket could not be made."""
    authority: Pair | None = None
    new_certificate: Pair | None = None
    """Made when the server has none that is good, for decisions to use."""

    @property
    def instance(self) -> ServiceInstance:
        """The instance."""
        return self.look.instance

    @property
    def held(self) -> bool:
        """Our finalizer is on it."""
        return labels.INSTANCE_FINALIZER in self.instance.metadata.finalizers

    @property
    def was_made(self) -> bool:
        """Its server was there once: what was said about its beginning is over."""
        known = self.instance.status.version
        return known is not None and known.applied is not None

    @property
    def wanted_backup(self) -> datetime | None:
        """Since when one more backup is asked for and not there yet; what is no moment of the past asks for nothing."""
        try:
            since = conditions.parse_timestamp(self.instance.metadata.annotations.get(labels.BACKUP_REQUESTED, ""))
        except ValueError:
            return None
        known = self.instance.status.last_backup
        if since.tzinfo is None or since > self.now or (known and conditions.parse_timestamp(known) >= since):
            return None
        return since

    @property
    def deleting(self) -> bool:
        """Its deletion was asked for and may go on: protection is off, or its whole environment goes."""
        if self.instance.metadata.deletion_timestamp is None:
            return False
        return not self.instance.spec.deletion_protection or self.look.place is None or self.look.place.leaving
