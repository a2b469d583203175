"""What a decision about a ServiceBinding is made from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from govcloud_api import conditions, labels
from govcloud_api.objects import Object
from govcloud_api.v1alpha1 import ServiceBinding
from govcloud_operators.services.authority import decoded
from govcloud_operators.services.driver import Seen
from govcloud_operators.services.looking import Look
from govcloud_operators.services.place import Place

ISSUED_AT = "state.govcloud.internal/issued-at"
"""Annotation of the Secret: since when its login is the valid one."""
_NUMBERED = re.compile(r"b_[0-9a-f]{12}_([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at a binding, its Secret, and the logins that the service has of it."""

    binding: ServiceBinding
    created_at: datetime
    now: datetime
    fresh_password: str = field(repr=False)
    """A new one every look, for decisions to use."""
    place: Place | None = None
    """The environment; None: the namespace is of none."""
    look: Look | None = None
    """The instance; None: there is no such instance."""
    secret: Object | None = field(default=None, repr=False)
    """The Secret that has the binding's name, whoever made it."""
    authority: str = ""
    """PEM of the services' authority."""
    seen: tuple[Seen, ...] | None = None
    """Logins that exist; None: the service was not asked, or see `silence`."""
    silence: str = ""
    """Why the service could not be asked."""

    @property
    def held(self) -> bool:
        """Our finalizer is on it."""
        return labels.BINDING_FINALIZER in self.binding.metadata.finalizers

    @property
    def prefix(self) -> str:
        """What the names of its logins begin with; of the UID, so no name of people gets in."""
        return f"b_{self.binding.metadata.uid.replace('-', '')[:12]}_"

    @property
    def owns_secret(self) -> bool:
        """The Secret was made for this binding."""
        found = ((self.secret or {}).get("metadata") or {}).get("labels") or {}
        return found.get(labels.BINDING) == self.binding.metadata.name

    @property
    def user(self) -> str:
        """Login that the Secret holds, empty when there is none of this very binding."""
        found = decoded(self.secret, "username") if self.owns_secret else ""
        return found if found.startswith(self.prefix) else ""

    @property
    def issued_at(self) -> datetime | None:
        """Since when the Secret's login is the valid one."""
        noted = ((self.secret or {}).get("metadata") or {}).get("annotations") or {}
        try:
            return conditions.parse_timestamp(str(noted.get(ISSUED_AT, ""))) if self.user else None
        except ValueError:
            return None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends for good, None: never."""
        ttl = self.binding.spec.ttl_seconds
        return None if ttl is None else self.created_at + timedelta(seconds=ttl)

    @property
    def renew_at(self) -> datetime | None:
        """When the login is replaced: half of its life."""
        half = timedelta(seconds=self.binding.spec.rotation_seconds) / 2
        return None if self.issued_at is None else self.issued_at + half

    @property
    def service_goes(self) -> bool:
        """The service is gone or going with everything in it: a login that cannot be taken back goes with it."""
        if self.look is None or self.place is None or self.place.leaving:
            return True
        instance = self.look.instance
        return instance.metadata.deletion_timestamp is not None and not instance.spec.deletion_protection


def number(user: str) -> int:
    """The running number at the end of a login's name; 0 for none."""
    found = _NUMBERED.fullmatch(user)
    return int(found[1]) if found else 0
