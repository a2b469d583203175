"""The seam between ordering a service and running it: one driver a kind of service.

The rooms `instance` and `binding` know departments, quotas, windows and time; a driver knows one product. What a
driver builds is plain objects of the tenant's namespace, named `svc-<instance>` and labelled by `owned`. It never
sees another namespace, and every write of its objects is done in the name of the tenant's service account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from govcloud_api import labels, policy
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_api.v1alpha1.service_instance import Endpoint
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Cluster
from govcloud_operators.services.backups.vault import Vault
from govcloud_operators.services.figures import NONE, Figures

Role = Literal["ro", "rw", "admin"]
CLUSTER_DOMAIN = "svc.cluster.local"
CERTIFICATE_ID = "state.govcloud.internal/certificate"
"""Annotation of the Secret with the server's certificate: changes when the certificate does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One instance, with everything looked up and checked: the plan exists, the version can run."""

    instance: ServiceInstance
    plan: Plan
    version: str
    """The version that shall run now; not yet a newer one that waits for its window. Empty for `web`."""
    image: str
    """Its image in the site's registry; for `web` the tenant's own."""
    namespace: str
    department_code: str
    now: datetime
    helper_image: str = ""
    """Image of what prepares the server before it starts; empty for drivers that need none."""
    suspended: bool = False
    """The environment is suspended: data stays, nothing runs."""
    replicas_min: int = 1
    """Copies that the environment's tier asks for at least; drivers that cannot have several ignore it."""
    certificate_id: str = ""
    """Changes with the server's certificate; for drivers whose server must be told."""
    ingress_hosts: tuple[str, ...] = ()
    """Names that the environment may answer to."""
    live: Mapping[Ref, Object] = field(default_factory=dict, repr=False)
    """Those of the driver's `refs` that exist, as they are now."""
    pods: tuple[Object, ...] = field(default=(), repr=False)
    """Pods that carry the instance's label, as they are now: why it does not answer is written there."""
    secret: str = field(default="", repr=False)
    """Known to the operator only, the same for the instance's whole life, for drivers whose operator's login or keys
    are made from it (`authority.Authority.secret`). It is written nowhere; what is derived from it one way may be."""
    vault: Vault | None = None
    """Where its backups go; None: this look was not made to build anything, or there are no backups."""
    source_vault: Vault | None = None
    """Where the backups are that it starts from, while it has to be filled."""

    @property
    def name(self) -> str:
        """Name of everything that the instance consists of."""
        return child_name(self.instance.metadata.name)

    @property
    def replicas(self) -> int:
        """What the plan says, or 0 while the environment is suspended."""
        return 0 if self.suspended else self.plan.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A login of a service; never in a log, status or event."""

    user: str
    role: Role
    password: str = field(repr=False)
    valid_until: datetime | None = None
    """After this the service itself refuses new sessions, if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A login that exists in the service."""

    user: str
    valid_until: datetime | None = None
    last_used: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How the operator gets into a running service."""

    host: str
    port: int
    authority: str
    """PEM of the services' authority."""
    certificate: str
    """PEM of the operator's client certificate (CN `govcloud_operator`)."""
    key: str = field(repr=False)
    server_name: str = ""
    """Name to check the server's certificate against; empty: `host`."""
    tenant: Cluster = field(repr=False)
    """The cluster in the name of the tenant's service account, for drivers that keep accounts in a Secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What only the running service can tell."""

    last_backup: datetime | None = None
    oldest_restore: datetime | None = None
    backup_trouble: str = ""
    """Why backups do not get to the store now, in the words of the program that brings them."""
    figures: Figures = NONE
    """How full it is; for the page, and for no status: it changes all the time."""


class Accounts(Protocol):
    """Logins of a service. Every method raises NotReady when the service cannot be reached or says no."""

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        """The login exists with exactly this role and password; done twice it is the same."""
        ...

    def remove(self, order: Order, door: Door, user: str) -> None:
        """The login is gone and none of its sessions is left; fine when it was not there."""
        ...

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        """Logins whose names begin with `prefix`, by name."""
        ...


class ServiceDriver(Protocol):
    """One kind of service. Everything but `observe` and `accounts` is pure."""

    @property
    def accounts(self) -> Accounts | None:
        """None: the service has no logins, so it cannot be bound."""
        ...

    @property
    def has_certificate(self) -> bool:
        """True: the instance gets a server certificate in the Secret `tls_secret_name`."""
        ...

    @property
    def has_backup(self) -> bool:
        """True: `observe` tells of backups, and a missing one is a fault."""
        ...

    def faults(self, order: Order) -> str:
        """Why this order cannot be built, in a sentence that says what to change; empty when it can."""
        ...

    def stages(self, order: Order) -> list[list[Object]]:
        """Objects of the namespace; a stage waits until the world shows all of the stage before."""
        ...

    def refs(self, order: Order) -> list[Ref]:
        """Everything that `stages` can ever hold or that belongs to it, volumes too; deleted last to first."""
        ...

    def readiness(self, order: Order) -> Condition:
        """Condition `Provisioned` from `order.live`; True only when it answers."""
        ...

    def applied_version(self, order: Order) -> str | None:
        """Version that runs, from `order.live`; None before anything was made."""
        ...

    def endpoint(self, order: Order) -> Endpoint:
        """Where programs of the environment reach it."""
        ...

    def reserved(self, order: Order) -> policy.Share:
        """What it takes of the environment's quota, volumes too."""
        ...

    def entries(self, order: Order, credentials: Credentials) -> dict[str, str]:
        """Content of a binding's Secret: servicebinding.io's well-known entries; `ca.crt` is added by the caller."""
        ...

    def observe(self, order: Order, door: Door) -> Observation:
        """Ask the running service. Raises NotReady when it does not answer."""
        ...

    def want_backup(self, door: Door, since: datetime) -> None:
        """Back up once more, beginning after `since`; only called when `has_backup`. Raises NotReady."""
        ...

    def flush(self, door: Door) -> None:
        """Make everything up to now restorable soon; only called when `has_backup`. Raises NotReady."""
        ...


def child_name(instance: str) -> str:
    """`svc-<instance>`."""
    return f"{labels.CHILD_PREFIX}{instance}"


def tls_secret_name(instance: str) -> str:
    """Secret with `tls.crt`, `tls.key` and `ca.crt` of the instance's server."""
    return f"{child_name(instance)}-tls"


def host(order: Order) -> str:
    """Name of the instance's Service, good from everywhere in the cluster."""
    return f"{order.name}.{order.namespace}.{CLUSTER_DOMAIN}"


def own_labels(instance: str) -> dict[str, str]:
    """Labels of everything that an instance consists of; also the selector of its pods."""
    return {labels.SERVICE: instance, labels.MANAGED_BY: labels.MANAGER}


def owned(order: Order, api_version: str, kind: str, name: str = "", **body: Any) -> Object:
    """An object of the instance in its namespace; `name` is what comes after `svc-<instance>`."""
    metadata = {
        "name": f"{order.name}{name}",
        "namespace": order.namespace,
        "labels": own_labels(order.instance.metadata.name),
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
