"""What both rooms, instances and bindings, read about one instance: where it is, what it consists of, how to get in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import ServiceInstance, ServiceOffering, ServiceTier
from govcloud_kube import Cluster
from govcloud_operators import actions
from govcloud_operators.services import driver, orders, place
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.driver import CERTIFICATE_ID, Door, Order, ServiceDriver
from govcloud_operators.services.orders import Case, Fault
from govcloud_operators.services.place import Place
from govcloud_operators.services.registry import REGISTRY
from govcloud_operators.services.versions import Choice

Dial = Callable[[str, int], tuple[str, int]]
"""Where to connect for a host and port; the certificate is checked against the host all the same."""


def as_named(host: str, port: int) -> tuple[str, int]:
    """Let DNS say where; the way of a pod in the cluster."""
    return host, port


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One instance as it is now."""

    instance: ServiceInstance
    place: Place | None
    case: Case | None = None
    order: Order | None = None
    """None: see `fault`."""
    choice: Choice = field(default_factory=Choice)
    fault: Fault | None = None
    tls: Object | None = None
    """Secret with the server's certificate."""

    @property
    def driver(self) -> ServiceDriver | None:
        """What builds it."""
        return self.case.driver if self.case else None


def instance_ref(namespace: str, name: str) -> Ref:
    """Ref of a ServiceInstance."""
    return Ref(labels.API_VERSION, "ServiceInstance", name, namespace)


def look(cluster: Cluster, authority: Authority, found: Object, now: datetime) -> Look:
    """Read everything live. Raises what `Cluster` raises, InvalidSpec when an object cannot be understood."""
    instance = ServiceInstance.parse(found)
    where = place.find(cluster, instance.metadata.namespace or "")
    if where is None:
        text = "this namespace belongs to no environment; services live in environments"
        return Look(instance=instance, place=None, fault=Fault(reason="NoEnvironment", message=text))
    if where.namespace_going:
        going = Fault(reason="Leaving", message="the environment is being removed with everything in it")
        return Look(instance=instance, place=where, fault=going)
    offering = cluster.get(Ref(labels.API_VERSION, "ServiceOffering", instance.spec.offering_ref))
    tier = cluster.get(Ref(labels.API_VERSION, "ServiceTier", where.environment.spec.tier_ref))
    parsed = ServiceOffering.parse(offering) if offering else None
    case = Case(
        instance=instance,
        place=where,
        offering=parsed,
        tier=ServiceTier.parse(tier) if tier else None,
        driver=REGISTRY.get(parsed.spec.driver) if parsed else None,
        now=now,
    )
    drafted = orders.draft(case)
    if isinstance(drafted, Fault) or case.driver is None:
        fault = drafted if isinstance(drafted, Fault) else None
        return Look(instance=instance, place=where, case=case, fault=fault)
    return _with_objects(cluster, authority, case, case.driver, drafted)


def door(cluster: Cluster, authority: Authority, found: Look, dial: Dial) -> Door:
    """How the operator gets in. Raises what `Cluster` raises; ValueError for a look without an order."""
    if found.order is None or found.driver is None or found.place is None:
        raise ValueError("no order, no door")
    host = driver.host(found.order)
    address, port = dial(host, found.driver.endpoint(found.order).port)
    pair = authority.client()
    return Door(
        host=address,
        port=port,
        server_name=host,
        authority=authority.pair().certificate,
        certificate=pair.certificate,
        key=pair.key,
        tenant=place.in_the_name_of(cluster, found.place),
    )


def tls_ref(instance: ServiceInstance) -> Ref:
    """Ref of the Secret with the server's certificate."""
    return Ref("v1", "Secret", driver.tls_secret_name(instance.metadata.name), instance.metadata.namespace)


def _with_objects(cluster: Cluster, authority: Authority, case: Case, kind: ServiceDriver, drafted: Order) -> Look:
    tenant = place.in_the_name_of(cluster, case.place)
    name = case.instance.metadata.name
    live = actions.read(tenant, kind.refs(drafted))
    tls = tenant.get(tls_ref(case.instance)) if kind.has_certificate else None
    selector = labels.selector({labels.SERVICE: name})
    pods = tuple(tenant.list("v1", "Pod", namespace=case.place.namespace, label_selector=selector))
    told = replace(
        drafted,
        certificate_id=((tls or {}).get("metadata") or {}).get("annotations", {}).get(CERTIFICATE_ID, ""),
        secret=authority.secret(case.instance.metadata.uid),
        vault=authority.vault(case.instance.metadata.uid) if kind.has_backup else None,
    )
    order, choice = orders.settle(case, told, live, pods)
    fault = Fault(reason="InvalidVersion", message=choice.fault) if choice.fault else None
    return Look(instance=case.instance, place=case.place, case=case, order=order, choice=choice, fault=fault, tls=tls)
