"""What a decision about an Environment is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from govcloud_api import conditions, exemptions, labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_api.v1alpha1 import Department, Environment, PolicyExemption
from govcloud_api.v1alpha1.environment import Issue
from govcloud_operators import isolation
from govcloud_operators.environment import desired
from govcloud_operators.environment.life import Life, life
from govcloud_operators.surroundings import IpNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the operator itself saw of the network; None: it did not look, or cannot say."""

    canary_address: str | None = None
    """Cluster address of the canary, `IP:port`; tenants must not reach it."""
    api_address: str | None = None
    """Cluster address of the Kubernetes API, `IP:port`; tenants must not reach it."""
    canary_alive: bool | None = None
    """The canary answers: without that, "the tenant cannot reach it" proves nothing."""
    probe_entered: bool | None = None
    """The operator got into the probe pod while it ran: the namespace is open from outside."""

    @property
    def targets(self) -> list[str]:
        """What the probe must not reach, in its own notation."""
        known = (self.canary_address, self.api_address)
        return [f"tcp:{address}" for address in known if address]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at an Environment and its namespace."""

    environment: Environment
    department: Department | None
    live: Mapping[Ref, Object]
    network: Network = field(default_factory=Network)
    now: datetime
    probe_image: str
    cluster_networks: tuple[IpNetwork, ...] = ()
    exemptions: tuple[PolicyExemption, ...] = ()
    """Of the department's home, whatever they are about and whether or not they hold."""
    bindings: Mapping[Ref, Object] = field(default_factory=dict)
    """RoleBindings of ours in the namespace."""
    workloads: tuple[Object, ...] = ()
    """Read only to suspend and to resume."""
    services: tuple[Object, ...] = ()
    """ServiceBindings and ServiceInstances; read only to take the environment down."""
    issues: tuple[Issue, ...] = ()
    origin: Environment | None = None
    """Whose namespace it takes over; looked for only until the namespace is known."""
    successor: Environment | None = None
    """Who takes this one's namespace over; looked for only when that matters."""

    @property
    def namespace(self) -> Object | None:
        """The namespace that has the name, whoever made it."""
        return self.live.get(desired.namespace_ref(self.environment))

    @property
    def owns_namespace(self) -> bool:
        """The namespace is there, was made for this Environment, and is not being deleted."""
        found = self.namespace
        return (
            found is not None
            and isolation.is_owned(found, self.environment.metadata.uid)
            and not isolation.is_going(found)
        )

    @property
    def quota(self) -> Object | None:
        """The namespace's ResourceQuota."""
        name = desired.namespace_name(self.environment)
        return self.live.get(ref_of(isolation.resource_quota(name, {})))

    @property
    def probe(self) -> Object | None:
        """The probe pod."""
        return self.live.get(desired.probe_ref(self.environment))

    @property
    def life(self) -> Life:
        """Whether it runs, rests or ends."""
        return life(self.environment, self.now)

    @property
    def was_suspended(self) -> bool:
        """It rested at the last look, or nobody looked yet: workloads may wait to come back."""
        found = conditions.find({"status": self.environment.status.wire()}, "Suspended")
        return found is None or found["status"] != "False"

    @property
    def plan(self) -> desired.Plan:
        """What shall stand."""
        found = ((self.namespace or {}).get("metadata") or {}).get("labels") or {}
        prefix = labels.EXEMPT_PREFIX
        return desired.Plan(
            environment=self.environment,
            suspended=self.life.suspended,
            exempt=exemptions.active(self.exemptions, self.environment.metadata.name, self.now),
            marked=frozenset(label.removeprefix(prefix) for label in found if label.startswith(prefix)),
            networks=self.cluster_networks,
        )
