"""Which certificates monitoring has, and what is to be done about one. Pure.

Each is a Secret of type kubernetes.io/tls. A server answers to the name that Prometheus calls it by; who calls has a
common name and no other, so neither passes for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from govcloud_api import labels
from govcloud_api.objects import Object, Ref
from govcloud_operators.services import authority as authorities
from govcloud_operators.services import certificates
from govcloud_operators.services.certificates import Pair

DAYS = certificates.SERVER_DAYS
"""For a client, too: who scrapes goes on for weeks while no operator runs."""
SECRET_TYPE = "kubernetes.io/tls"  # noqa: S105 - the name of a type
Step = Literal["keep", "write", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A certificate and where it is kept."""

    name: str
    """Of its Secret."""
    common_name: str
    dns_names: tuple[str, ...] = ()
    """Names that it serves under; none: it calls."""
    namespace: str = labels.MONITORING_NAMESPACE

    @property
    def ref(self) -> Ref:
        """Ref of its Secret."""
        return Ref("v1", "Secret", self.name, self.namespace)


def _server(service: str, namespace: str = labels.MONITORING_NAMESPACE) -> Wanted:
    name = f"{service}.{namespace}.svc"
    return Wanted(name=f"{service}-tls", common_name=service, dns_names=(name,), namespace=namespace)


SERVERS = tuple(_server(service) for service in ("exporter", "ledger", "forecaster", "alertmanager"))
NODE_EXPORTER = _server("node-exporter", labels.NODE_NAMESPACE)
"""One for all machines: which of them Prometheus calls, it knows from the API server."""
CLIENT = Wanted(name="prometheus-client-tls", common_name="prometheus")
WINDOW = Wanted(name="alertmanager-window-tls", common_name="alertmanager-window")
"""For what stands beside an Alertmanager and asks it."""
WANTED = (*SERVERS, NODE_EXPORTER, CLIENT, WINDOW)


def step(wanted: Wanted, found: Object | None, authority: Pair, now: datetime) -> Step:
    """Keep what is good, write what is missing, old or altered; remove first what cannot be written."""
    if found is None:
        return "write"
    if found.get("type") != SECRET_TYPE or found.get("immutable"):
        return "remove"
    return "keep" if _is_good(wanted, found, authority, now) else "write"


def issue(wanted: Wanted, authority: Pair, now: datetime) -> Object:
    """A new certificate, in its Secret."""
    if wanted.dns_names:
        made = certificates.server(authority, wanted.common_name, list(wanted.dns_names), now)
    else:
        made = certificates.client(authority, wanted.common_name, now, days=DAYS)
    return authorities.secret(wanted.name, wanted.namespace, {}, made, authority.certificate)


def _is_good(wanted: Wanted, found: Object, authority: Pair, now: datetime) -> bool:
    kept = Pair(certificate=authorities.decoded(found, "tls.crt"), key=authorities.decoded(found, "tls.key"))
    return (
        authorities.decoded(found, "ca.crt") == authority.certificate
        and certificates.is_fresh(kept.certificate, authority, list(wanted.dns_names), now)
        and certificates.common_name(kept.certificate) == wanted.common_name
        and certificates.is_pair(kept)
    )
