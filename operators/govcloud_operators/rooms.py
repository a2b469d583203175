"""Which room serves which kind: one line each. A new kind is registered here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from govcloud_api import definitions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.rules import checks
from govcloud_kube import Cluster
from govcloud_operators.approval import handlers as approval_handlers
from govcloud_operators.approval import reconcile as approval
from govcloud_operators.approval import status as approval_status
from govcloud_operators.approval_policy import handlers as approval_policy_handlers
from govcloud_operators.approval_policy import reconcile as approval_policy
from govcloud_operators.department import handlers as department_handlers
from govcloud_operators.department import reconcile as department
from govcloud_operators.environment import handlers as environment_handlers
from govcloud_operators.environment import reconcile as environment
from govcloud_operators.environment_request import handlers as environment_request_handlers
from govcloud_operators.environment_request import reconcile as environment_request
from govcloud_operators.exemption import handlers as exemption_handlers
from govcloud_operators.exemption import reconcile as exemption
from govcloud_operators.ingress import handlers as ingress_handlers
from govcloud_operators.ingress import reconcile as ingress
from govcloud_operators.keys import Key
from govcloud_operators.ledger_backup import reconcile as ledger_backup
from govcloud_operators.platform_certificates import reconcile as platform_certificates
from govcloud_operators.services import looking
from govcloud_operators.services.backups import room as backup_store
from govcloud_operators.services.backups.vault import LEDGER
from govcloud_operators.services.binding import handlers as binding_handlers
from govcloud_operators.services.binding import reconcile as binding
from govcloud_operators.services.instance import handlers as instance_handlers
from govcloud_operators.services.instance import reconcile as instance
from govcloud_operators.services.offering import handlers as offering_handlers
from govcloud_operators.services.offering import reconcile as offering
from govcloud_operators.surroundings import Surroundings
from govcloud_operators.tidying import reconcile as tidying
from govcloud_operators.tier import handlers as tier_handlers
from govcloud_operators.tier import reconcile as tier
from govcloud_operators.work_calendar import handlers as work_calendar_handlers
from govcloud_operators.work_calendar import reconcile as work_calendar

Reconcile = Callable[[Cluster, Key, Surroundings], float | None]
Touched = Callable[[str | None, Object], Iterable[Key]]
"""(what happened: ADDED, MODIFIED, DELETED; None: it was listed, the object) -> what is looked at because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A kind of Kubernetes that a room watches, and the one key that stands for all objects of it."""

    plural: str
    version: str
    group: str
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A kind, what announces a change of it, and what is done about one."""

    kind: str
    touched: Touched
    reconcile: Reconcile
    """Returns seconds until the next look, None when only an event or the resync brings one."""
    fan_out: Callable[[Cluster, Key], Iterable[Key]] | None = None
    """What else a change may touch; served for keys of kind `<kind>FanOut`."""
    alone_with: Callable[[Cluster, Key], Iterable[str]] | None = None
    """Home namespaces of the departments whose quota the reconcile gives out."""
    is_settled: Callable[[Object], bool] | None = None
    """History that never changes again: the resync passes it over."""
    foreign: Foreign | None = None
    """None: a kind of our own."""
    by_clock: Key | None = None
    """No kind at all: nothing announces a change, the resync alone brings this key."""

    @property
    def resource(self) -> tuple[str, str, str]:
        """(group, version, plural) of what it watches."""
        if self.foreign is not None:
            return self.foreign.group, self.foreign.version, self.foreign.plural
        plural = next(found.plural for found in definitions.DEFINITIONS if found.kind == self.kind)
        return labels.GROUP, labels.VERSION, plural

    @property
    def watched(self) -> str:
        """What the room's watch is of, as kopf names it: `departments.v1alpha1.govcloud.internal`."""
        group, version, plural = self.resource
        return f"{plural}.{version}.{group}"


def _requests_and_environments(cluster: Cluster, key: Key) -> Iterable[Key]:
    """What a department's change may touch: its requests (quota, suspension) and environments (people)."""
    home = labels.home_namespace(key.name)
    for kind in ("EnvironmentRequest", "Environment"):
        for obj in cluster.list(labels.API_VERSION, kind, namespace=home):
            yield Key(kind, home, obj["metadata"]["name"])


def _quotas_of_request(cluster: Cluster, key: Key) -> Iterable[str]:
    """The department that asks, and the one that gets: a request never changes, so this holds once locked."""
    yield key.namespace or ""
    found = cluster.get(Ref(labels.API_VERSION, "EnvironmentRequest", key.name, key.namespace)) or {}
    if receiver := (found.get("spec") or {}).get("transferTo"):
        yield labels.home_namespace(receiver)


def _requests_about(cluster: Cluster, key: Key) -> Iterable[Key]:
    """Requests about the environment of that name that are not decided: it may be the next one's turn."""
    for obj in cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace=key.namespace):
        about = (obj.get("spec") or {}).get("environmentRef") == key.name
        if about and (obj.get("status") or {}).get("phase") in checks.UNDECIDED:
            yield Key("EnvironmentRequest", key.namespace, obj["metadata"]["name"])


def _open_requests(cluster: Cluster, _key: Key) -> Iterable[Key]:
    """Requests that are not decided: other rules may let them pass, or move their deadline."""
    for obj in cluster.list(labels.API_VERSION, "EnvironmentRequest"):
        if (obj.get("status") or {}).get("phase") in checks.UNDECIDED:
            yield Key("EnvironmentRequest", obj["metadata"]["namespace"], obj["metadata"]["name"])


def _open_requests_and_policies(cluster: Cluster, key: Key) -> Iterable[Key]:
    """What a calendar may touch: deadlines, and policies that wait for it."""
    yield from _open_requests(cluster, key)
    for obj in cluster.list(labels.API_VERSION, "ApprovalPolicy"):
        yield Key("ApprovalPolicy", None, obj["metadata"]["name"])


def _services_in(cluster: Cluster, key: Key) -> Iterable[Key]:
    """Services of an environment, which stop and start with it."""
    found = cluster.get(environment.environment_ref(key.namespace or "", key.name)) or {}
    where = (found.get("status") or {}).get("namespace")
    for obj in cluster.list(labels.API_VERSION, "ServiceInstance", namespace=where) if where else ():
        yield Key("ServiceInstance", where, obj["metadata"]["name"])


def _instances_of_offering(cluster: Cluster, key: Key) -> Iterable[Key]:
    """Instances that follow a new plan, version or image of their offering."""
    for obj in cluster.list(labels.API_VERSION, "ServiceInstance"):
        if obj["spec"].get("offeringRef") == key.name:
            yield Key("ServiceInstance", obj["metadata"]["namespace"], obj["metadata"]["name"])


def _bindings_of_instance(cluster: Cluster, key: Key) -> Iterable[Key]:
    """Bindings that wait for an instance, or for the end of one."""
    for obj in cluster.list(labels.API_VERSION, "ServiceBinding", namespace=key.namespace):
        if obj["spec"].get("instanceRef") == key.name:
            yield Key("ServiceBinding", key.namespace, obj["metadata"]["name"])


def _department(cluster: Cluster, key: Key, around: Surroundings) -> float | None:
    again = department.reconcile(cluster, key.name, around.clock(), _certificate(cluster, around))
    tidying.turn(cluster, key.name, around)
    return again


def _tier(cluster: Cluster, key: Key, around: Surroundings) -> float | None:
    around.ready_times.know(key.name)
    return tier.reconcile(cluster, key.name, around.clock())


def _certificate(cluster: Cluster, around: Surroundings) -> str:
    """What people are told to trust; a broken authority is told by the rooms of services, and stops nothing here."""
    try:
        return around.services.authority(cluster, around.clock).pair().certificate
    except errors.GovcloudError:
        return ""


def _instance(cluster: Cluster, key: Key, around: Surroundings) -> float | None:
    ref, services = looking.instance_ref(key.namespace or "", key.name), around.services
    authority, vaults = services.authority(cluster, around.clock), services.vaults(cluster, around.clock)
    return instance.reconcile(
        cluster, ref, authority, services.dial, around.clock(), vaults=vaults, tell=around.figures
    )


def _backup_store(cluster: Cluster, _key: Key, around: Surroundings) -> float | None:
    services = around.services
    authority, vaults = services.authority(cluster, around.clock), services.vaults(cluster, around.clock)
    return backup_store.reconcile(cluster, authority, vaults, around.clock())


def _binding(cluster: Cluster, key: Key, around: Surroundings) -> float | None:
    ref, services = binding.binding_ref(key.namespace or "", key.name), around.services
    return binding.reconcile(cluster, ref, services.authority(cluster, around.clock), services.dial, around.clock())


def _ingresses(cluster: Cluster, _key: Key, around: Surroundings) -> float | None:
    pair = around.services.authority(cluster, around.clock).pair
    return ingress.reconcile(cluster, pair, around.events, around.clock())


def _platform_certificates(cluster: Cluster, _key: Key, around: Surroundings) -> float | None:
    pair = around.services.authority(cluster, around.clock).pair
    return platform_certificates.reconcile(cluster, pair, around.clock())


def _ledger_backup(cluster: Cluster, _key: Key, around: Surroundings) -> float | None:
    authority = around.services.authority(cluster, around.clock)
    return ledger_backup.reconcile(cluster, lambda: authority.platform_vault(LEDGER))


def _is_settled_request(obj: Object) -> bool:
    return (obj.get("status") or {}).get("phase") in environment_request.SETTLED


ROOMS: tuple[Room, ...] = (
    Room(
        kind="Department",
        touched=department_handlers.touched,
        reconcile=_department,
        fan_out=_requests_and_environments,
    ),
    Room(
        kind="EnvironmentRequest",
        touched=environment_request_handlers.touched,
        reconcile=lambda cluster, key, around: environment_request.reconcile(
            cluster, environment_request.request_ref(key.namespace or "", key.name), around
        ),
        fan_out=_requests_about,
        alone_with=_quotas_of_request,
        is_settled=_is_settled_request,
    ),
    Room(
        kind="Environment",
        touched=environment_handlers.touched,
        reconcile=lambda cluster, key, around: environment.reconcile(
            cluster, environment.environment_ref(key.namespace or "", key.name), around
        ),
        fan_out=_services_in,
    ),
    Room(
        kind="ServiceTier",
        touched=tier_handlers.touched,
        reconcile=_tier,
    ),
    Room(
        kind="Approval",
        touched=approval_handlers.touched,
        reconcile=lambda cluster, key, around: approval.reconcile(
            cluster, approval.approval_ref(key.namespace or "", key.name), around.clock()
        ),
        is_settled=approval_status.is_settled,
    ),
    Room(
        kind="PolicyExemption",
        touched=exemption_handlers.touched,
        reconcile=lambda cluster, key, around: exemption.reconcile(
            cluster, exemption.exemption_ref(key.namespace or "", key.name), around.clock()
        ),
    ),
    Room(
        kind="ApprovalPolicy",
        touched=approval_policy_handlers.touched,
        reconcile=lambda cluster, key, around: approval_policy.reconcile(cluster, key.name, around.clock()),
        fan_out=_open_requests,
    ),
    Room(
        kind="WorkCalendar",
        touched=work_calendar_handlers.touched,
        reconcile=lambda cluster, key, around: work_calendar.reconcile(cluster, key.name, around.clock()),
        fan_out=_open_requests_and_policies,
    ),
    Room(
        kind="ServiceOffering",
        touched=offering_handlers.touched,
        reconcile=lambda cluster, key, around: offering.reconcile(cluster, key.name, around.clock()),
        fan_out=_instances_of_offering,
    ),
    Room(
        kind="ServiceInstance",
        touched=instance_handlers.touched,
        reconcile=_instance,
        fan_out=_bindings_of_instance,
    ),
    Room(kind="ServiceBinding", touched=binding_handlers.touched, reconcile=_binding),
    Room(
        kind="Ingress",
        touched=ingress_handlers.touched,
        reconcile=_ingresses,
        foreign=Foreign(plural="ingresses", version="v1", group="networking.k8s.io", key=ingress_handlers.KEY),
    ),
    Room(
        kind=backup_store.KEY.kind,
        touched=lambda _type, _obj: (),
        reconcile=_backup_store,
        by_clock=backup_store.KEY,
    ),
    Room(
        kind=platform_certificates.KEY.kind,
        touched=lambda _type, _obj: (),
        reconcile=_platform_certificates,
        by_clock=platform_certificates.KEY,
    ),
    Room(
        kind=ledger_backup.KEY.kind,
        touched=lambda _type, _obj: (),
        reconcile=_ledger_backup,
        by_clock=ledger_backup.KEY,
    ),
)
