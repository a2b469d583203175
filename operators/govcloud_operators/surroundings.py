"""What reconciles need besides the cluster: all of it given, nothing found out by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from govcloud_api.rules.observed import Measured
from govcloud_operators.allocations import Allocations
from govcloud_operators.events import Events
from govcloud_operators.keys import Enqueue, Key
from govcloud_operators.knocks import Knocks
from govcloud_operators.network import Reach
from govcloud_operators.ready_times import ReadyTimes
from govcloud_operators.services.figures import Tell, nobody
from govcloud_operators.services.setting import Services
from govcloud_operators.tidying.turns import Turns

Clock = Callable[[], datetime]

IpNetwork = IPv4Network | IPv6Network


RETENTION = timedelta(days=400)
"""How long history is kept: a year that is audited, and a month in which the audit is done."""
TIDYING_PAUSE = timedelta(hours=1)

Usage = Callable[[str], Measured | None]
"""Use of a namespace; None on any doubt, and then a person decides."""


def unmeasured(_namespace: str) -> Measured | None:
    """For a process without monitoring."""
    return None


def nowhere(_key: Key) -> None:
    """For a process without a queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Given once, when the process starts."""

    clock: Clock
    reach: Reach
    knocks: Knocks
    probe_image: str
    canary_address: str | None = None
    """Where the operator itself finds the canary; None: at its Service's cluster address."""
    enqueue: Enqueue = nowhere
    """Have another object looked at; safe to call from threads."""
    allocations: Allocations = field(default_factory=Allocations)
    """Locks of the departments' quotas; the request room is called with those it needs held already."""
    events: Events = field(default_factory=Events)
    """Tells people what was done without being asked."""
    ready_times: ReadyTimes = field(default_factory=ReadyTimes)
    """Counts how long people waited for new environments."""
    cluster_networks: tuple[IpNetwork, ...] = ()
    """Pods, Services and machines. Empty: unknown, so nothing is opened by address."""
    version: str = ""
    """Version of the project, which is the tag of our own images."""
    usage: Usage = unmeasured
    services: Services = field(default_factory=Services)
    """Authority of services, and how they are reached."""
    figures: Tell = nobody
    """Hears how full each service is."""
    retention: timedelta = RETENTION
    """How long closed requests are kept, and decisions about requests that are gone."""
    turns: Turns = field(default_factory=lambda: Turns(TIDYING_PAUSE))
    """When which home is tidied."""
