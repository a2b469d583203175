"""Ingresses of environments and their copies: what is published, what is refused, what goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import labels
from govcloud_kube import Object, Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.events import Events
from govcloud_operators.ingress import checks, reconcile
from govcloud_operators.services import authority, certificates

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ISSUER = certificates.new_authority(NOW)
SECRET = Ref("v1", "Secret", "tls.tax-portal-dev", labels.INGRESS_NAMESPACE)


class World:
    """Two environments and the ingress controller's namespace."""

    def __init__(self) -> None:
        self.now = NOW
        self.cluster = MemoryCluster(clock=lambda: self.now)
        self.events = Events()
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.INGRESS_NAMESPACE}})
        self.environment("tax-portal-dev", hosts="tax.example.org")
        self.environment("health-portal-dev", hosts="health.example.org,shared.example.org")

    def environment(self, name: str, *, hosts: str = "", exempt: bool = False) -> None:
        marks = {labels.DEPARTMENT: name.partition("-")[0]} | ({checks.EXEMPT: "true"} if exempt else {})
        metadata = {"name": name, "labels": marks, "annotations": {labels.INGRESS_HOSTS: hosts}}
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def reconcile(self) -> None:
        reconcile.reconcile(self.cluster, lambda: ISSUER, self.events, self.now)

    def copies(self, kind: str = "Ingress") -> list[Object]:
        version = "networking.k8s.io/v1" if kind == "Ingress" else "v1"
        return self.cluster.list(version, kind, namespace=labels.INGRESS_NAMESPACE)

    def hosts(self) -> set[str]:
        return {rule["host"] for copy in self.copies() for rule in copy["spec"]["rules"]}

    def told(self) -> list[str]:
        return [event["message"] for event in self.cluster.list("v1", "Event")]


def ingress(host: str, *, namespace: str = "tax-portal-dev", name: str = "web", **more: Any) -> Object:
    backend = {"service": {"name": "web", "port": more.pop("port", {"number": 80})}}
    path = {"path": more.pop("path", "/"), "pathType": "Prefix", "backend": backend}
    metadata = {"name": name, "namespace": namespace, "annotations": more.pop("annotations", {})}
    spec = {"ingressClassName": more.pop("of_class", "govcloud"), "rules": [{"host": host, "http": {"paths": [path]}}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def test_a_copy_holds_host_path_and_service_and_nothing_else() -> None:
    world = World()
    sly = {"traefik.ingress.kubernetes.io/router.middlewares": "evil@file"}
    world.cluster.create(ingress("tax.example.org", path="/api", annotations=sly))
    world.reconcile()
    (copy,) = world.copies()
    (service,) = world.copies("Service")
    assert copy["metadata"]["name"] == "tax-portal-dev.web"
    assert copy["metadata"]["annotations"] == {
        "kubernetes.io/ingress.class": "govcloud-copy",
        "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
    }
    path = copy["spec"]["rules"][0]["http"]["paths"][0]
    assert (path["path"], path["backend"]["service"]["name"]) == ("/api", service["metadata"]["name"])
    assert service["spec"]["externalName"] == "web.tax-portal-dev.svc.cluster.local"
    assert copy["spec"]["tls"] == [{"hosts": ["tax.example.org"], "secretName": SECRET.name}]


@pytest.mark.parametrize(
    ("host", "published"),
    [
        ("tax.example.org", True),
        ("web.tax-portal-dev.apps.govcloud.internal", True),
        ("deep.web.tax-portal-dev.apps.govcloud.internal", True),
        ("health.example.org", False),
        ("web.health-portal-dev.apps.govcloud.internal", False),
        ("evil-tax-portal-dev.apps.govcloud.internal", False),
        ("apps.govcloud.internal", False),
        ("*.tax-portal-dev.apps.govcloud.internal", False),
        ("", False),
    ],
)
def test_an_environment_answers_to_its_own_names_only(host: str, published: bool) -> None:
    world = World()
    world.cluster.create(ingress(host))
    world.reconcile()
    assert world.hosts() == ({host} if published else set())
    assert bool(world.told()) is not published


@pytest.mark.parametrize("path", ["/a`) || Host(`evil.org", "/a b", "/{{ env }}", "/ü", "//\n", "x"])
def test_paths_that_are_none_are_not_published(path: str) -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org", path=path))
    world.reconcile()
    assert world.copies() == []


def test_an_exemption_opens_other_names_but_never_another_environments() -> None:
    world = World()
    world.environment("roads-map-dev", exempt=True)
    for number, host in enumerate(["anything.example.org", "web.tax-portal-dev.apps.govcloud.internal"]):
        world.cluster.create(ingress(host, namespace="roads-map-dev", name=f"web-{number}"))
    world.reconcile()
    assert world.hosts() == {"anything.example.org"}


def test_who_had_a_host_first_keeps_it() -> None:
    world = World()
    world.environment("roads-map-dev", hosts="shared.example.org")
    world.cluster.create(ingress("shared.example.org", namespace="health-portal-dev"))
    world.reconcile()
    world.now += timedelta(minutes=1)
    world.cluster.create(ingress("shared.example.org", namespace="roads-map-dev"))
    world.reconcile()
    assert [copy["metadata"]["name"] for copy in world.copies()] == ["health-portal-dev.web"]
    assert any("another environment's already" in message for message in world.told())


def test_a_named_port_is_looked_up() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org", port={"name": "http"}))
    world.reconcile()
    assert world.copies() == []
    assert any("has no port named 'http'" in message for message in world.told())
    ports = [{"name": "http", "port": 8080}]
    metadata = {"name": "web", "namespace": "tax-portal-dev"}
    world.cluster.seed({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}})
    world.reconcile()
    assert [port["port"] for port in world.copies("Service")[0]["spec"]["ports"]] == [8080]


def test_what_is_not_published_any_more_goes() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org"))
    world.cluster.create(ingress("health.example.org", namespace="health-portal-dev"))
    world.reconcile()
    world.cluster.delete(Ref("networking.k8s.io/v1", "Ingress", "web", "tax-portal-dev"))
    world.reconcile()
    assert world.hosts() == {"health.example.org"}
    assert [found["metadata"]["name"] for found in world.copies("Secret")] == ["tls.health-portal-dev"]
    assert len(world.copies("Service")) == 1


def test_a_host_that_was_taken_back_is_no_longer_published() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org"))
    world.reconcile()
    metadata = {"name": "tax-portal-dev", "annotations": {labels.INGRESS_HOSTS: ""}}
    world.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, field_manager="test")
    world.reconcile()
    assert world.copies() == world.copies("Secret") == world.copies("Service") == []


def test_other_classes_and_other_namespaces_are_not_ours() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org", of_class="other"))
    world.cluster.create(ingress("tax.example.org", namespace="default"))
    world.reconcile()
    assert world.copies() == []
    assert world.told() == []


def test_certificates_hold_all_names_and_are_renewed_in_time() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org"))
    world.cluster.create(ingress("a.tax-portal-dev.apps.govcloud.internal", name="more"))
    world.reconcile()
    first = world.cluster.get(SECRET)
    names = ["a.tax-portal-dev.apps.govcloud.internal", "tax.example.org"]
    assert names_of(first) == names
    world.now += timedelta(days=44)
    world.reconcile()
    assert world.cluster.get(SECRET) == first
    world.now += timedelta(days=2)
    world.reconcile()
    renewed = world.cluster.get(SECRET)
    assert renewed != first
    assert names_of(renewed) == names


def names_of(secret: Object | None) -> list[str]:
    found = x509.load_pem_x509_certificate(authority.decoded(secret, "tls.crt").encode())
    return found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


def test_a_second_look_writes_nothing_and_repairs_what_was_changed() -> None:
    world = World()
    world.cluster.create(ingress("tax.example.org"))
    world.reconcile()
    writes = len(world.cluster.writes)
    world.reconcile()
    assert len(world.cluster.writes) == writes
    copy = world.copies()[0]
    evil = {"rules": [{"host": "evil.org"}], "tls": copy["spec"]["tls"]}
    world.cluster.apply(copy | {"spec": evil}, field_manager="somebody")
    world.reconcile()
    assert world.hosts() == {"tax.example.org"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_published_can_leave_its_rule(host: str, path: str) -> None:
    route = checks.Route(host=host, path=path, path_type="Prefix", service="web", port=80)
    if not checks.fault(route, checks.Place(namespace="n", any_host=True)):
        assert not set("`\"'\\{}|<> \n") & set(host)
        assert not set('`"\\{}|<> \n') & set(path)
