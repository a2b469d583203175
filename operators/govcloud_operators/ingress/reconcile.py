"""Ingress: all Ingresses of environments -> copies, certificates; what is not published any more goes.

One key stands for all of them: who has a host can only be said by looking at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from govcloud_api import labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_kube import Cluster
from govcloud_operators import actions, drift
from govcloud_operators.actions import Action, Apply, Delete
from govcloud_operators.events import Events, News
from govcloud_operators.ingress import checks, desired
from govcloud_operators.ingress.checks import Place, Route
from govcloud_operators.ingress.desired import Publication
from govcloud_operators.services import authority, certificates
from govcloud_operators.services.certificates import Pair

CERTIFICATE_LOOK_SECONDS = 3600.0
"""Half of a certificate's life is 45 days; an hour is soon enough to see that it is over."""
_COPIED = ((desired.INGRESS_VERSION, "Ingress"), ("v1", "Service"), ("v1", "Secret"))
"""Kinds of copies, in the order they go: an Ingress before what it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A route that is not published, and why."""

    ingress: Ref
    uid: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """All that a decision is made from."""

    ingresses: tuple[Object, ...]
    """Of environments, oldest first."""
    places: Mapping[str, Place]
    """By name of the namespace."""
    ports: Mapping[tuple[str, str, str], int]
    """(namespace, Service, name of a port) -> its number, for those that are named."""
    live: Mapping[Ref, Object]
    """Copies that are there."""
    now: datetime


def reconcile(cluster: Cluster, pair: Callable[[], Pair], events: Events, now: datetime) -> float:
    """Bring the copies in line; returns seconds until certificates are looked at again. Raises what `Cluster` raises.

    `pair` gives the services' authority; it is asked only when something is published. What is not published is told
    in Events of the Ingress.
    """
    observed = gather(cluster, now)
    accepted, refused = published(observed)
    for refusal in refused:
        news = News(reason="NotPublished", message=refusal.reason, type="Warning")
        events.tell(cluster, refusal.ingress, refusal.uid, news, now)
    wanted = [*desired.services(accepted), *_certificates(observed, accepted, pair)]
    wanted += [desired.ingress(publication) for publication in accepted]
    actions.perform(cluster, changes(wanted, observed.live))
    return CERTIFICATE_LOOK_SECONDS


def gather(cluster: Cluster, now: datetime) -> Observed:
    """Read everything live. Raises what `Cluster` raises."""
    everywhere = cluster.list(desired.INGRESS_VERSION, "Ingress")
    namespaces = cluster.list("v1", "Namespace", label_selector=labels.DEPARTMENT)
    places = {found.namespace: found for found in map(checks.place, namespaces)}
    mine = [found for found in everywhere if checks.is_ours(found) and found["metadata"]["namespace"] in places]
    copies = [
        found
        for version, kind in _COPIED
        for found in cluster.list(version, kind, namespace=labels.INGRESS_NAMESPACE, label_selector=desired.SOURCE)
    ]
    return Observed(
        ingresses=tuple(sorted(mine, key=_age)),
        places=places,
        ports=_named_ports(cluster, mine),
        live={ref_of(found): found for found in copies},
        now=now,
    )


def published(observed: Observed) -> tuple[list[Publication], list[Refusal]]:
    """What may be published, and what not. A host belongs to the namespace that had it first. Pure."""
    holders: dict[str, str] = {}
    accepted, refused = [], []
    for found in observed.ingresses:
        namespace, routes = found["metadata"]["namespace"], []
        for route in map(lambda route: _numbered(route, namespace, observed), checks.routes(found)):
            reason = checks.fault(route, observed.places[namespace]) or _unresolved(route)
            if not reason and holders.setdefault(route.host, namespace) != namespace:
                reason = f"host {route.host} is another environment's already; choose another"
            if reason:
                refused.append(Refusal(ingress=ref_of(found), uid=found["metadata"]["uid"], reason=reason))
            else:
                routes.append(route)
        if routes:
            name = found["metadata"]["name"]
            accepted.append(Publication(namespace=namespace, name=name, routes=tuple(routes)))
    return accepted, refused


def changes(wanted: Iterable[Object], live: Mapping[Ref, Object]) -> list[Action]:
    """Writes that bring `live` to `wanted`: what is missing or wrong first, then what is too much. Pure."""
    by_ref = {ref_of(obj): obj for obj in wanted}
    writes: list[Action] = [Apply(obj) for ref, obj in by_ref.items() if not drift.covers(live.get(ref), obj)]
    surplus = [ref for ref in live if ref not in by_ref]
    order = [kind for _, kind in _COPIED]
    surplus.sort(key=lambda ref: (order.index(ref.kind), ref.name))
    return [*writes, *(Delete(ref, live[ref]["metadata"]["uid"]) for ref in surplus)]


def _certificates(observed: Observed, accepted: list[Publication], pair: Callable[[], Pair]) -> list[Object]:
    """The Secrets that are good as they are, and new ones for the others."""
    return [
        _certificate(observed, namespace, hosts, pair())
        for namespace, hosts in desired.certificate_hosts(accepted).items()
    ]


def _certificate(observed: Observed, namespace: str, hosts: list[str], issuer: Pair) -> Object:
    name = desired.certificate_name(namespace)
    live = observed.live.get(Ref("v1", "Secret", name, labels.INGRESS_NAMESPACE))
    kept = Pair(certificate=authority.decoded(live, "tls.crt"), key=authority.decoded(live, "tls.key"))
    if not kept.key or not certificates.is_fresh(kept.certificate, issuer, hosts, observed.now):
        kept = certificates.server(issuer, namespace, hosts, observed.now)
    own = desired.copy_labels(namespace)
    return authority.secret(name, labels.INGRESS_NAMESPACE, own, kept, issuer.certificate)


def _named_ports(cluster: Cluster, ingresses: Iterable[Object]) -> dict[tuple[str, str, str], int]:
    named = {
        (found["metadata"]["namespace"], route.service)
        for found in ingresses
        for route in checks.routes(found)
        if isinstance(route.port, str)
    }
    numbers = {}
    for namespace, name in named:
        service = cluster.get(Ref("v1", "Service", name, namespace)) or {}
        for port in (service.get("spec") or {}).get("ports") or []:
            numbers[(namespace, name, port.get("name", ""))] = port["port"]
    return numbers


def _numbered(route: Route, namespace: str, observed: Observed) -> Route:
    if isinstance(route.port, int):
        return route
    number = observed.ports.get((namespace, route.service, route.port))
    return route if number is None else replace(route, port=number)


def _unresolved(route: Route) -> str:
    if isinstance(route.port, int):
        return ""
    return f"Service {route.service} has no port named {route.port!r}; correct the name or make the Service"


def _age(ingress: Object) -> tuple[str, str, str]:
    metadata = ingress["metadata"]
    return (metadata.get("creationTimestamp", ""), metadata["namespace"], metadata["name"])
