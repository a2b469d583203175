"""May an Ingress of an environment be published? Pure.

Admission refuses wrong hosts when an Ingress is written; this holds for those that were right once, and for paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_api import labels
from govcloud_api.objects import Object

CLASS = "govcloud"
EXEMPT = f"{labels.EXEMPT_PREFIX}ingress-hosts"
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", re.ASCII)
"""What RFC 3986 allows in a path; the API server lets more through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path of one host and the Service behind it."""

    host: str
    path: str
    path_type: str
    service: str
    port: int | str
    """Number, or name of the Service's port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An environment's namespace and the names it may answer to besides its own."""

    namespace: str
    hosts: frozenset[str] = frozenset()
    any_host: bool = False
    """Exempt from the rule that hosts are requested."""


def place(namespace: Object) -> Place:
    """What the operator wrote on a namespace of a department."""
    metadata = namespace["metadata"]
    noted = (metadata.get("annotations") or {}).get(labels.INGRESS_HOSTS, "")
    return Place(
        namespace=metadata["name"],
        hosts=frozenset(filter(None, (host.strip() for host in noted.split(",")))),
        any_host=(metadata.get("labels") or {}).get(EXEMPT) == "true",
    )


def is_ours(ingress: Object) -> bool:
    """Does it ask for our class?"""
    return bool((ingress.get("spec") or {}).get("ingressClassName") == CLASS)


def routes(ingress: Object) -> Iterator[Route]:
    """Every path with a Service behind it; what else an Ingress can hold, its annotations too, is not published."""
    for rule in (ingress.get("spec") or {}).get("rules") or []:
        for found in (rule.get("http") or {}).get("paths") or []:
            service = (found.get("backend") or {}).get("service")
            if service:
                yield Route(
                    host=rule.get("host") or "",
                    path=found.get("path") or "/",
                    path_type="Exact" if found.get("pathType") == "Exact" else "Prefix",
                    service=service["name"],
                    port=_port(service.get("port") or {}),
                )


def fault(route: Route, where: Place) -> str:
    """Why a route is not published, in a sentence that says what to change; empty when it may."""
    if not route.host:
        return "a rule without a host would catch everybody's names; name a host"
    if not _HOST.fullmatch(route.host):
        return f"host {route.host!r} is not a plain DNS name; write it out, without * and in lower case"
    if not _PATH.fullmatch(route.path):
        return f"path {route.path!r} holds characters that a path cannot have; encode them"
    own = f"{where.namespace}.{labels.APPS_DOMAIN}"
    if is_below(route.host, own) or route.host in where.hosts:
        return ""
    if where.any_host and not is_below(route.host, labels.APPS_DOMAIN):
        return ""
    return f"host {route.host} is not a name of this environment; use NAME.{own} or request the host with a change"


def is_below(host: str, domain: str) -> bool:
    """Is it the domain itself or a name of it?"""
    return host == domain or host.endswith(f".{domain}")


def _port(port: dict[str, Any]) -> int | str:
    return port["number"] if "number" in port else str(port.get("name", ""))
