"""What the drivers of services build, on a real API server: rights, policies, Pod Security, defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Cluster, Object, Ref, ref_of
from govcloud_operators import actions
from govcloud_operators.services.bucket.driver import BucketDriver
from govcloud_operators.services.driver import Credentials, Order, ServiceDriver
from govcloud_operators.services.nats.driver import NatsDriver
from govcloud_operators.services.valkey.driver import ValkeyDriver
from govcloud_operators.services.web.driver import WebDriver
from support import nats, s3, services, tenancy, valkey
from support.apiserver import ApiServer

NAMESPACE = "tax-driver-test"
IMAGE = f"{labels.REGISTRY}/tax/portal:1.4"
BARE_PLAN = Plan(name="small", cpu="100m", memory="128Mi")
CONTROLLER = {"Deployment": "replicaset-controller", "StatefulSet": "statefulset-controller"}


@pytest.fixture(scope="module")
def tenant(server: ApiServer, tax: str, as_operator: Cluster, admin: Cluster) -> Cluster:
    """The department's account in an environment's namespace; it has the rights that the operator gives it there."""
    security = {labels.PSA_ENFORCE: "restricted", labels.PSA_ENFORCE_VERSION: labels.PSA_VERSION}
    marks = {
        labels.DEPARTMENT: tax.removeprefix("dept-"),
        labels.MANAGED_BY: labels.MANAGER,
        labels.ROLE: "environment",
    }
    metadata = {"name": NAMESPACE, "labels": marks | security, "annotations": {labels.OWNER_UID: "somebody"}}
    as_operator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    rbac = "rbac.authorization.k8s.io"
    as_operator.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "govcloud:tenant-services", "namespace": NAMESPACE},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "govcloud:tenant-services"},
            "subjects": [{"kind": "ServiceAccount", "name": "tenant-tax", "namespace": labels.TENANTS_NAMESPACE}],
        }
    )
    account = server.connect(labels.tenant_user("tax"), "system:serviceaccounts", "system:authenticated")
    mine = Ref("v1", "Secret", "none", NAMESPACE)
    tenancy.eventually(lambda: account.get(mine) is None, "the account has its rights")
    ready = Ref("v1", "ServiceAccount", "default", NAMESPACE)
    tenancy.eventually(lambda: admin.get(ready), "the default service account is there")
    return account


def web(image: str = IMAGE) -> Order:
    asked = {
        "image": image,
        "host": f"web.{NAMESPACE}.{labels.APPS_DOMAIN}",
        "minReplicas": 2,
        "maxReplicas": 4,
        "variables": [
            {"name": "URI", "secretName": "app", "secretKey": "uri"},
            {"name": "MODE", "value": "fast"},
            {"name": "NOTHING", "value": ""},
        ],
    }
    return services.order("web", plan=BARE_PLAN, version="", image=image, spec={"offeringRef": "web", "web": asked})


CASES: list[tuple[ServiceDriver, Order]] = [
    (WebDriver(), web()),
    (
        WebDriver(),
        services.order("bare", plan=BARE_PLAN, image=IMAGE, spec={"offeringRef": "web", "web": {"image": IMAGE}}),
    ),
    (ValkeyDriver(), valkey.order(name="cache")),
    (NatsDriver(), nats.order(name="bus")),
    (BucketDriver(), s3.order(name="docs")),
]
IDS = ["web", "bare", "valkey", "nats", "bucket"]


def here(wanted: Order) -> Order:
    return replace(wanted, namespace=NAMESPACE)


@pytest.mark.parametrize(("driver", "wanted"), CASES, ids=IDS)
def test_objects_are_accepted_and_stay_as_they_are(tenant: Cluster, driver: ServiceDriver, wanted: Order) -> None:
    order = here(wanted)
    assert driver.faults(order) == ""
    for _ in range(4):
        live = actions.read(tenant, driver.refs(order))
        left = actions.first_stage(driver.stages(replace(order, live=live)), live)
        actions.perform(tenant, left)
    assert left == ()
    assert set(live) == {ref_of(obj) for stage in driver.stages(order) for obj in stage}


def pods_of(order: Order, driver: ServiceDriver) -> list[tuple[str, Object]]:
    """Controller and pod, as the controller would make it."""
    found = []
    for obj in (obj for stage in driver.stages(order) for obj in stage):
        if obj["kind"] in CONTROLLER:
            template = obj["spec"]["template"]
            name = f"{obj['metadata']['name']}-0"
            metadata = {"name": name, "namespace": NAMESPACE, **template["metadata"]}
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
            found.append((CONTROLLER[obj["kind"]], pod))
    return found


@pytest.mark.parametrize(("driver", "wanted"), CASES, ids=IDS)
def test_their_pods_are_let_in_under_the_restricted_profile(
    server: ApiServer, tenant: Cluster, driver: ServiceDriver, wanted: Order
) -> None:
    found = pods_of(here(wanted), driver)
    assert found
    for controller, pod in found:
        user = f"system:serviceaccount:kube-system:{controller}"
        as_controller = server.connect(user, "system:masters")
        assert as_controller.create(pod, dry_run=True)["metadata"]["name"] == pod["metadata"]["name"]


@pytest.mark.parametrize(
    "change",
    [
        {"securityContext": {"runAsNonRoot": False}},
        {"hostNetwork": True},
        {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
    ],
)
def test_the_profile_bites_on_the_same_pod(server: ApiServer, tenant: Cluster, change: dict[str, Any]) -> None:
    controller, pod = pods_of(here(web()), WebDriver())[0]
    as_controller = server.connect(f"system:serviceaccount:kube-system:{controller}", "system:masters")
    with pytest.raises(errors.Forbidden, match="restricted"):
        as_controller.create({**pod, "spec": {**pod["spec"], **change}}, dry_run=True)


def test_a_foreign_image_is_refused_where_pods_are_made(server: ApiServer, tenant: Cluster) -> None:
    controller, pod = pods_of(here(web("docker.io/library/nginx:1")), WebDriver())[0]
    as_controller = server.connect(f"system:serviceaccount:kube-system:{controller}", "system:masters")
    with pytest.raises(errors.GovcloudError, match="not from registry"):
        as_controller.create(pod, dry_run=True)


def test_people_cannot_touch_what_a_driver_built(owner_of: Any, as_operator: Cluster, tenant: Cluster) -> None:
    rbac = "rbac.authorization.k8s.io"
    as_operator.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "govcloud:environment-owner", "namespace": NAMESPACE},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "govcloud:environment-owner"},
            "subjects": [{"apiGroup": rbac, "kind": "Group", "name": "tax:owner"}],
        }
    )
    owner: Cluster = owner_of("tax")
    tenancy.eventually(lambda: owner.list("v1", "Pod", namespace=NAMESPACE) == [], "the owner has rights")
    for driver, wanted in CASES:
        for obj in (obj for stage in driver.stages(here(wanted)) for obj in stage):
            with pytest.raises((errors.Forbidden, errors.InvalidSpec)):
                owner.apply(obj | {"metadata": {**obj["metadata"], "labels": {}}}, field_manager="owner", dry_run=True)


def built(tenant: Cluster, driver: ServiceDriver, wanted: Order) -> Order:
    """The order with its objects there."""
    order = here(wanted)
    for _ in range(4):
        live = actions.read(tenant, driver.refs(order))
        actions.perform(tenant, actions.first_stage(driver.stages(replace(order, live=live)), live))
    return replace(order, now=datetime.now(UTC))


LOGIN = Credentials(user="app-1", role="rw", password="p" * 40)


def test_logins_of_valkey_are_kept_by_the_departments_account(tenant: Cluster, tmp_path: Path) -> None:
    order, ref = (
        built(tenant, ValkeyDriver(), valkey.order(name="cache")),
        Ref("v1", "Secret", "svc-cache-accounts", NAMESPACE),
    )
    with valkey.pod(tmp_path) as pod:
        door, accounts = replace(pod.door, tenant=tenant), ValkeyDriver.accounts
        accounts.ensure(order, door, LOGIN)
        kept = tenant.get(ref)
        accounts.ensure(order, door, LOGIN)
        assert tenant.get(ref) == kept
        assert [seen.user for seen in accounts.seen(order, door, "app-")] == ["app-1"]
        accounts.remove(order, door, "app-1")
        assert tenant.get(ref) != kept
        assert accounts.seen(order, door, "app-") == ()


def test_logins_of_nats_are_kept_by_the_departments_account(tenant: Cluster, tmp_path: Path) -> None:
    order, ref = (
        built(tenant, NatsDriver(), nats.order(name="bus")),
        Ref("v1", "ConfigMap", "svc-bus-logins", NAMESPACE),
    )
    with nats.pod(tmp_path) as pod:
        door, accounts = replace(pod.door, tenant=tenant), NatsDriver.accounts
        accounts.ensure(order, door, LOGIN)
        kept = tenant.get(ref)
        accounts.ensure(order, door, LOGIN)
        assert tenant.get(ref) == kept
        assert [seen.user for seen in accounts.seen(order, door, "app-")] == ["app-1"]
        accounts.remove(order, door, "app-1")
        assert tenant.get(ref) != kept
        assert accounts.seen(order, door, "app-") == ()
