"""Services of one moment, by department, purpose and driver. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from govcloud_api.v1alpha1.service_offering import Driver
from govcloud_monitoring.folding import OTHER
from govcloud_monitoring.services.parse import Instance, Offering

DRIVERS: tuple[str, ...] = get_args(Driver)
Group = tuple[str, str, str]
"""Department, purpose and driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """By group; one without anything to count is not there. Moments in seconds since 1970."""

    instances: Mapping[Group, int] = field(default_factory=dict)
    not_ready: Mapping[Group, int] = field(default_factory=dict)
    """Without those of suspended environments."""
    oldest_backup: Mapping[Group, int] = field(default_factory=dict)
    """The newest backup of the instance whose newest backup is the oldest."""
    awaited_since: Mapping[Group, int] = field(default_factory=dict)
    """Since when the instance runs that waits longest for its first backup."""


def summarise(
    instances: Iterable[Instance], offerings: Iterable[Offering], tenancy: Mapping[str, tuple[str, str]]
) -> Services:
    """`tenancy`: department and purpose by namespace; an instance elsewhere is nobody's and is left out.

    What an order names is a department's own word: only drivers of the catalogue are told apart.
    """
    driver_of = {each.name: each.driver for each in offerings if each.driver in DRIVERS}
    grouped = [
        ((*tenancy[each.namespace], driver_of.get(each.offering, OTHER)), each)
        for each in instances
        if each.namespace in tenancy
    ]
    return Services(
        instances=Counter(group for group, _ in grouped),
        not_ready=Counter(group for group, each in grouped if each.state == "not_ready"),
        oldest_backup=_earliest((group, each.last_backup) for group, each in grouped),
        awaited_since=_earliest((group, each.awaited_since) for group, each in grouped),
    )


def _earliest(moments: Iterable[tuple[Group, int | None]]) -> dict[Group, int]:
    found: dict[Group, int] = {}
    for group, moment in _known(moments):
        found[group] = min(moment, found.get(group, moment))
    return found


def _known(moments: Iterable[tuple[Group, int | None]]) -> Iterator[tuple[Group, int]]:
    return ((group, moment) for group, moment in moments if moment is not None)
