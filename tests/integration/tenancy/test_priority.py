"""Pods of an environment run with the PriorityClass of its tier, and nobody of a department chooses another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_operators.services.driver import Order, ServiceDriver
from govcloud_operators.services.nats.driver import NatsDriver
from govcloud_operators.services.postgresql.driver import PostgresDriver
from govcloud_operators.services.valkey.driver import ValkeyDriver
from govcloud_operators.services.web.driver import WebDriver
from govcloud_operators.tier import reconcile as tiers
from support import apiserver, nats, places, samples, services, standing, tenancy, valkey
from support.schema_cases import changed, put

PLATFORM = Ref("scheduling.k8s.io/v1", "PriorityClass", "govcloud-platform")
STANDARD = "govcloud-standard"
CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"
WEB = {"offeringRef": "web", "web": {"image": places.IMAGE}}


@pytest.fixture(scope="module")
def place(server: apiserver.ApiServer) -> places.Place:
    """A department with an environment of the tier `standard`."""
    return standing.departments(server, ["prior"])[0]


@pytest.fixture(scope="module")
def as_controller(server: apiserver.ApiServer) -> Cluster:
    """What makes pods for people."""
    return server.connect(CONTROLLER, "system:masters")


def standard(admin: Cluster) -> int:
    """Priority that the tier says."""
    tier = admin.get(tiers.tier_ref("standard"))
    assert tier is not None
    return int(tier["spec"]["priority"])


def given(pod: Object) -> tuple[str, int, str]:
    """Class, number, and whether it pushes others aside."""
    spec = pod["spec"]
    return spec.get("priorityClassName", ""), spec.get("priority", 0), spec.get("preemptionPolicy", "")


def test_a_pod_gets_the_class_and_the_number_of_its_tier(place: places.Place, admin: Cluster) -> None:
    """The number is what the scheduler goes by; it must be the class's, not that of pods without one."""
    wanted = (STANDARD, standard(admin), "PreemptLowerPriority")
    assert standard(admin) > 0
    for role in ("owner", "editor"):
        pod = places.pod(place.work, "mine")
        assert given(place.person(role).create(pod, dry_run=True)) == wanted
    stored = place.person("owner").create(places.pod(place.work, "kept"))
    live = admin.get(Ref("v1", "Pod", "kept", place.work))
    assert given(stored) == given(live or {}) == wanted


@pytest.mark.parametrize("spec", [{"priority": 0}, {"preemptionPolicy": "PreemptLowerPriority"}], ids=str)
def test_what_says_nothing_is_no_obstacle(place: places.Place, admin: Cluster, spec: Object) -> None:
    pod = place.person("owner").create(places.pod(place.work, "mine", **spec), dry_run=True)
    assert given(pod)[:2] == (STANDARD, standard(admin))


def test_the_right_class_may_be_named(place: places.Place, admin: Cluster, as_controller: Cluster) -> None:
    for somebody in (place.person("owner"), as_controller):
        pod = somebody.create(places.pod(place.work, "mine", priorityClassName=STANDARD), dry_run=True)
        assert given(pod)[:2] == (STANDARD, standard(admin))


@pytest.mark.parametrize(
    "name",
    ["system-node-critical", "system-cluster-critical", "govcloud-platform", "govcloud-critical", "govcloud-basic"],
)
def test_every_other_class_is_refused(
    server: apiserver.ApiServer, place: places.Place, as_controller: Cluster, name: str
) -> None:
    for tier in ("critical", "basic"):
        tiers.reconcile(places.operator(server), tier, datetime.now(UTC))
    pod = places.pod(place.work, "mine", priorityClassName=name)
    for somebody in (place.person("owner"), as_controller, places.operator(server)):
        said = refusal(somebody, pod)
        assert "is not the one of this environment" in said or "no PriorityClass with name" in said
    assert "leave priorityClassName out" in tenancy.eventually(
        lambda: reason(place.person("owner"), pod), "it is known"
    )


def refusal(somebody: Cluster, pod: Object) -> str:
    """Why a pod is not taken."""
    with pytest.raises((errors.Forbidden, errors.InvalidSpec)) as caught:
        somebody.create(pod, dry_run=True)
    return str(caught.value)


def reason(somebody: Cluster, pod: Object) -> str:
    """The same once Kubernetes' own plugin knows the class, which it learns a moment later."""
    said = refusal(somebody, pod)
    return "" if "no PriorityClass with name" in said else said


@pytest.mark.parametrize(
    "spec", [{"priority": 1000000}, {"priority": 2000001000}, {"preemptionPolicy": "Never"}], ids=str
)
def test_numbers_are_nobodys_choice(place: places.Place, spec: Object) -> None:
    with pytest.raises(errors.Forbidden, match="must not be provided"):
        place.person("owner").create(places.pod(place.work, "mine", **spec), dry_run=True)


def test_a_home_has_no_class(place: places.Place, admin: Cluster) -> None:
    """Nothing runs there, but were its quota gone, nothing would take the platform's place either."""
    pod = places.pod(place.home, "mine", priorityClassName="system-node-critical")
    assert "leave priorityClassName out" in refusal(admin, pod)


ORDERS: list[tuple[ServiceDriver, Order]] = [
    (WebDriver(), services.order("web", image=places.IMAGE, version="", spec=WEB)),
    (PostgresDriver(), services.order("db")),
    (ValkeyDriver(), valkey.order(name="cache")),
    (NatsDriver(), nats.order(name="bus")),
]


@pytest.mark.parametrize(("driver", "order"), ORDERS, ids=["web", "postgresql", "valkey", "nats"])
def test_pods_of_services_get_it_too(
    place: places.Place, admin: Cluster, as_controller: Cluster, driver: ServiceDriver, order: Order
) -> None:
    workloads = [obj for stage in driver.stages(order) for obj in stage if "template" in (obj.get("spec") or {})]
    assert workloads
    for obj in workloads:
        template = obj["spec"]["template"]
        metadata = {"name": f"{obj['metadata']['name']}-0", "namespace": place.work, **template["metadata"]}
        pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        assert given(as_controller.create(pod, dry_run=True))[:2] == (STANDARD, standard(admin))


def test_the_platform_is_above_all_tiers(admin: Cluster) -> None:
    found = admin.get(PLATFORM)
    assert found is not None
    every = [tier["spec"]["priority"] for tier in admin.list(labels.API_VERSION, "ServiceTier")]
    assert found["value"] > max(1000, *every)
    for obj in tenancy.objects():
        if obj["kind"] in ("Deployment", "DaemonSet", "StatefulSet"):
            assert obj["spec"]["template"]["spec"]["priorityClassName"] == PLATFORM.name, obj["metadata"]["name"]


def test_a_tier_that_an_environment_has_stays(admin: Cluster, place: places.Place) -> None:
    """With the tier its class would go, and no pod of the environment could start again."""
    path = f"/apis/{labels.API_VERSION}/servicetiers"
    with pytest.raises(errors.InvalidSpec, match="move it to another one first"):
        admin.raw("DELETE", f"{path}/standard?dryRun=All")
    unused = changed(samples.SERVICE_TIER, put("metadata.name", "unused"))
    admin.apply(unused, field_manager=labels.PLATFORM_FIELD_MANAGER)
    admin.raw("DELETE", f"{path}/unused")


def test_another_tier_is_another_class(
    server: apiserver.ApiServer, admin: Cluster, new_label: Callable[[str], None], place: places.Place
) -> None:
    """As after an approved change; pods that run keep what they have."""
    tiers.reconcile(places.operator(server), "critical", datetime.now(UTC))
    new_label("critical")
    pod = places.pod(place.work, "later")

    def moved() -> bool:
        return given(place.person("owner").create(pod, dry_run=True))[0] == "govcloud-critical"

    tenancy.eventually(moved, "new pods have the new class")


@pytest.fixture
def new_label(server: apiserver.ApiServer, place: places.Place) -> Any:
    """Factory: give the environment another tier, as the operator does; it gets its own back."""

    def label(tier: str) -> None:
        body = {"metadata": {"labels": {labels.TIER: tier}}}
        path = f"/api/v1/namespaces/{place.work}"
        places.operator(server).raw("PATCH", path, body, "application/merge-patch+json")

    yield label
    label("standard")


def test_nobody_else_changes_the_label(admin: Cluster, place: places.Place) -> None:
    body = {"metadata": {"labels": {labels.TIER: "critical"}}}
    with pytest.raises(errors.InvalidSpec, match="belong to the operator"):
        admin.raw("PATCH", f"/api/v1/namespaces/{place.work}", body, "application/merge-patch+json")
