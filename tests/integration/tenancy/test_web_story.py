"""A person orders a program and a cache, and the operator's own process delivers them, with its own rights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import tenancy

NAMESPACE = "tax-shop-sandbox"
HOST = f"web.{NAMESPACE}.{labels.APPS_DOMAIN}"
IMAGE = f"{labels.REGISTRY}/tax/shop:1.0"


@pytest.fixture(scope="module")
def owner(tax: str, owner_of: Callable[[str], Cluster], admin: Cluster, operator: Path) -> Cluster:
    """The owner of an environment that is Ready."""
    person = owner_of("tax")
    tenancy.eventually(lambda: person.create(tenancy.request(tax, "shop", product="shop")), "the request is made")
    tenancy.play_kubelet(admin, NAMESPACE)
    environment = Ref(labels.API_VERSION, "Environment", "shop-sandbox", tax)
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(environment)), "the environment is Ready", seconds=60)
    return person


def instance(name: str, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    body = {"offeringRef": name, "plan": "small"} | spec
    return {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "metadata": metadata, "spec": body}


def instance_ref(name: str) -> Ref:
    return Ref(labels.API_VERSION, "ServiceInstance", name, NAMESPACE)


def says(admin: Cluster, name: str) -> str:
    found = conditions.find(admin.get(instance_ref(name)) or {}, "Ready") or {}
    return f"{found.get('status')} {found.get('reason')}: {found.get('message')}"


def copied(admin: Cluster) -> Object | None:
    name = f"{NAMESPACE}.svc-web"
    return admin.get(Ref("networking.k8s.io/v1", "Ingress", name, labels.INGRESS_NAMESPACE))


def test_a_program_gets_its_deployment_its_name_and_its_end(owner: Cluster, admin: Cluster) -> None:
    wanted = {"image": IMAGE, "host": HOST, "minReplicas": 1, "maxReplicas": 3}
    owner.create(instance("web", web=wanted))
    ref = Ref("apps/v1", "Deployment", "svc-web", NAMESPACE)
    deployment = tenancy.eventually(lambda: admin.get(ref), "the Deployment is made", seconds=60)
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    copy = tenancy.eventually(lambda: copied(admin), "the name is published", seconds=60)
    assert [rule["host"] for rule in copy["spec"]["rules"]] == [HOST]
    tenancy.eventually(lambda: "Starting" in says(admin, "web"), "it is not Ready before it answers")

    answers = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
    status = answers | {"observedGeneration": deployment["metadata"]["generation"]}
    admin.patch_status({**deployment, "status": status}, field_manager="kubelet")
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(instance_ref("web"))), "it is Ready", seconds=60)
    settled = admin.get(ref)
    assert settled is not None
    assert settled["metadata"]["generation"] == deployment["metadata"]["generation"]

    owner.apply(instance("web", web=wanted, deletionProtection=False), field_manager="owner")
    owner.delete(instance_ref("web"))
    tenancy.eventually(lambda: admin.get(instance_ref("web")) is None, "it is gone", seconds=60)
    tenancy.eventually(lambda: copied(admin) is None, "its name is taken back", seconds=60)


def test_a_host_of_somebody_else_is_refused_with_what_may_be_used(owner: Cluster, admin: Cluster) -> None:
    foreign = f"web.health-portal-prod.{labels.APPS_DOMAIN}"
    owner.create(instance("thief", offeringRef="web", web={"image": IMAGE, "host": foreign}))
    tenancy.eventually(lambda: "thief." in says(admin, "thief"), "it says which names there are", seconds=60)
    assert "InvalidOrder" in says(admin, "thief")
    assert admin.get(Ref("apps/v1", "Deployment", "svc-thief", NAMESPACE)) is None


@pytest.mark.parametrize("kind", ["valkey", "nats"])
def test_a_server_gets_its_volume_certificate_and_settings(owner: Cluster, admin: Cluster, kind: str) -> None:
    owner.create(instance(kind))
    ref = Ref("apps/v1", "StatefulSet", f"svc-{kind}", NAMESPACE)
    made = tenancy.eventually(
        lambda: admin.get(ref), f"the StatefulSet is made, it says {says(admin, kind)}", seconds=60
    )
    sources = {volume["name"]: volume for volume in made["spec"]["template"]["spec"]["volumes"]}
    needed = [("PersistentVolumeClaim", sources["data"]["persistentVolumeClaim"]["claimName"])]
    needed += [
        ("Secret", sources["tls"]["secret"]["secretName"]),
        ("ConfigMap", sources["config"]["configMap"]["name"]),
    ]
    for child, name in needed:
        assert admin.get(Ref("v1", child, name, NAMESPACE)) is not None, name
    with pytest.raises((errors.Forbidden, errors.InvalidSpec)):
        owner.delete(ref)
