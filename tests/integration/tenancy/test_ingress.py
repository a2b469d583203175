"""The way in, on a real API server: the operator's rights suffice, Traefik's end at its own namespace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_operators.events import Events
from govcloud_operators.ingress import reconcile
from govcloud_operators.services.authority import Authority
from support import tenancy
from support.apiserver import ApiServer

TRAEFIK = f"system:serviceaccount:{labels.INGRESS_NAMESPACE}:traefik"
NAMESPACES = ("tax-ingress-test", "health-ingress-test")


@pytest.fixture(scope="module")
def places(tax: str, as_operator: Cluster, admin: Cluster) -> tuple[str, ...]:
    """Two environments; the first was granted a host."""
    for name in NAMESPACES:
        marks = {labels.DEPARTMENT: name.partition("-")[0], labels.MANAGED_BY: labels.MANAGER}
        notes = {labels.OWNER_UID: "somebody", labels.INGRESS_HOSTS: "tax.example.org" if name == NAMESPACES[0] else ""}
        metadata = {"name": name, "labels": marks, "annotations": notes}
        as_operator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        ready = Ref("v1", "ServiceAccount", "default", name)
        tenancy.eventually(lambda ref=ready: admin.get(ref), "the default service account is there")
    return NAMESPACES


def ingress(namespace: str, host: str, name: str = "web") -> Object:
    backend = {"service": {"name": "web", "port": {"number": 8080}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    metadata = {"name": name, "namespace": namespace}
    spec = {"ingressClassName": "govcloud", "rules": [rule]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def publish(as_operator: Cluster) -> None:
    """As the operator's process does, which runs beside and may do it first."""
    authority = Authority(as_operator, lambda: datetime.now(UTC))
    reconcile.reconcile(as_operator, authority.pair, Events(), datetime.now(UTC))


def copies(cluster: Cluster) -> dict[str, Object]:
    found = cluster.list("networking.k8s.io/v1", "Ingress", namespace=labels.INGRESS_NAMESPACE)
    return {copy["metadata"]["name"]: copy for copy in found}


def test_an_ingress_is_published_and_goes_again(places: tuple[str, ...], admin: Cluster, as_operator: Cluster) -> None:
    admin.create(ingress(places[0], "tax.example.org"))
    admin.create(ingress(places[1], f"web.{places[1]}.{labels.APPS_DOMAIN}"))
    publish(as_operator)
    made = copies(admin)
    assert {f"{place}.web" for place in places} <= set(made)
    versions = {name: copy["metadata"]["resourceVersion"] for name, copy in made.items()}
    publish(as_operator)
    assert {name: copy["metadata"]["resourceVersion"] for name, copy in copies(admin).items()} == versions
    assert "ingressClassName" not in made[f"{places[0]}.web"]["spec"]
    for place in places:
        admin.delete(Ref("networking.k8s.io/v1", "Ingress", "web", place))
    publish(as_operator)
    assert not {f"{place}.web" for place in places} & set(copies(admin))
    assert admin.get(Ref("v1", "Secret", f"tls.{places[0]}", labels.INGRESS_NAMESPACE)) is None


def test_an_ingress_without_a_class_gets_ours(places: tuple[str, ...], admin: Cluster) -> None:
    plain = ingress(places[0], "tax.example.org", "plain")
    del plain["spec"]["ingressClassName"]
    assert admin.create(plain, dry_run=True)["spec"]["ingressClassName"] == "govcloud"


def test_traefik_reads_its_own_namespace_and_no_other(server: ApiServer, places: tuple[str, ...]) -> None:
    traefik = server.connect(TRAEFIK, "system:serviceaccounts", "system:authenticated")
    for version, kind in (("v1", "Secret"), ("v1", "Service"), ("networking.k8s.io/v1", "Ingress")):
        traefik.list(version, kind, namespace=labels.INGRESS_NAMESPACE)
        for namespace in (places[0], labels.SYSTEM_NAMESPACE, None):
            with pytest.raises(errors.Forbidden):
                traefik.list(version, kind, namespace=namespace)
    with pytest.raises(errors.Forbidden):
        traefik.create(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": labels.INGRESS_NAMESPACE}}
        )


def test_its_pods_are_let_in_under_the_restricted_profile(server: ApiServer, admin: Cluster, tax: str) -> None:
    deployment = admin.get(Ref("apps/v1", "Deployment", "traefik", labels.INGRESS_NAMESPACE))
    assert deployment is not None
    account = Ref("v1", "ServiceAccount", "traefik", labels.INGRESS_NAMESPACE)
    tenancy.eventually(lambda: admin.get(account), "the service account is there")
    template = deployment["spec"]["template"]
    metadata = {"name": "traefik-0", "namespace": labels.INGRESS_NAMESPACE, "labels": template["metadata"]["labels"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    assert admin.create(pod, dry_run=True)["spec"]["serviceAccountName"] == "traefik"
