"""What a decision about a Department is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud_api.notices import Offer
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment
from govcloud_operators import isolation
from govcloud_operators.department import desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One consistent look: the Department, its environments, the live objects of its home."""

    department: Department
    environments: tuple[Environment, ...]
    live: Mapping[Ref, Object]
    now: datetime
    offers: tuple[Offer, ...] = ()
    """Transfers that wait for a word of this department, in the order in which they are shown."""
    certificate: str = ""
    """Of the authority for services and ingress hosts, in PEM; empty: it cannot be told now."""

    @property
    def home(self) -> Object | None:
        """The namespace that has the home's name, whoever made it."""
        return self.live.get(desired.home_ref(self.department))

    @property
    def quota(self) -> Object | None:
        """The home's ResourceQuota."""
        return self.live.get(ref_of(isolation.resource_quota(desired.home(self.department), {})))
