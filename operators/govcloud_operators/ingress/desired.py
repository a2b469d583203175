"""Ingresses that may be published -> their copies in the namespace that the ingress controller reads. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_operators.ingress.checks import Route

INGRESS_VERSION = "networking.k8s.io/v1"
COPY_CLASS = "govcloud-copy"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""A class that no IngressClass stands for is named this way; only copies carry it."""
SOURCE = "govcloud.internal/source-namespace"
"""Label of every copy: the namespace it was made for."""
_ENTRY = "traefik.ingress.kubernetes.io/router.entrypoints"
_SCHEME = "traefik.ingress.kubernetes.io/service.serversscheme"
"""Said always: Traefik takes a port 443 for an encrypted one otherwise, and no program here has a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What of one Ingress is published; every port is a number here."""

    namespace: str
    name: str
    routes: tuple[Route, ...]

    @property
    def hosts(self) -> list[str]:
        """Names it answers to, in order."""
        return sorted({route.host for route in self.routes})


def certificate_name(namespace: str) -> str:
    """Secret with the certificate for all names of an environment."""
    return f"tls.{namespace}"


def ingress(publication: Publication) -> Object:
    """The copy of an Ingress: only hosts, paths and Services come along."""
    metadata = _metadata(f"{publication.namespace}.{publication.name}", publication.namespace)
    metadata["annotations"] = {CLASS_ANNOTATION: COPY_CLASS, _ENTRY: "websecure"}
    tls = [{"hosts": publication.hosts, "secretName": certificate_name(publication.namespace)}]
    rules = [_rule(host, publication) for host in publication.hosts]
    return {
        "apiVersion": INGRESS_VERSION,
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {"rules": rules, "tls": tls},
    }


def services(publications: Iterable[Publication]) -> list[Object]:
    """A name for every Service that a copy leads to: it points to the real one by DNS."""
    wanted: dict[tuple[str, str], set[int]] = {}
    for publication in publications:
        for route in publication.routes:
            wanted.setdefault((publication.namespace, route.service), set()).add(int(route.port))
    return [_service(namespace, name, sorted(ports)) for (namespace, name), ports in sorted(wanted.items())]


def certificate_hosts(publications: Iterable[Publication]) -> dict[str, list[str]]:
    """Names that each namespace's certificate must hold, in order."""
    found: dict[str, set[str]] = {}
    for publication in publications:
        found.setdefault(publication.namespace, set()).update(publication.hosts)
    return {namespace: sorted(hosts) for namespace, hosts in sorted(found.items())}


def copy_labels(namespace: str) -> dict[str, str]:
    """Labels of every copy."""
    return {labels.MANAGED_BY: labels.MANAGER, SOURCE: namespace}


def _rule(host: str, publication: Publication) -> Object:
    return {"host": host, "http": {"paths": [_path(route, publication) for route in _of(host, publication)]}}


def _of(host: str, publication: Publication) -> list[Route]:
    mine = {route for route in publication.routes if route.host == host}
    return sorted(mine, key=lambda route: (route.path, route.path_type, route.service, int(route.port)))


def _path(route: Route, publication: Publication) -> Object:
    name = _service_name(publication.namespace, route.service)
    backend = {"service": {"name": name, "port": {"number": route.port}}}
    return {"path": route.path, "pathType": route.path_type, "backend": backend}


def _service(namespace: str, name: str, ports: list[int]) -> Object:
    spec = {
        "type": "ExternalName",
        "externalName": f"{name}.{namespace}.svc.cluster.local",
        "ports": [{"name": f"http-{port}", "port": port, "protocol": "TCP"} for port in ports],
    }
    metadata = _metadata(_service_name(namespace, name), namespace)
    metadata["annotations"] = {_SCHEME: "http"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _service_name(namespace: str, name: str) -> str:
    """Short enough for a Service, whatever both names are."""
    return f"to-{hashlib.sha256(f'{namespace}/{name}'.encode()).hexdigest()[:24]}"


def _metadata(name: str, namespace: str) -> Object:
    return {"name": name, "namespace": labels.INGRESS_NAMESPACE, "labels": copy_labels(namespace)}
