"""Pod Security's forbidden and allowed pods through every path that leads to a pod."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_api.v1alpha1 import ServiceInstance
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Cluster, Object, Ref
from govcloud_operators.services.web.driver import WebDriver
from support import apiserver, places, pod_security, services, standing, tenancy
from support.pod_security import Case
from support.schema_cases import changed, put

CONTROLLERS = tuple(
    f"{kind}-controller" for kind in ("deployment", "replicaset", "statefulset", "daemonset", "job", "cronjob")
)
MAKERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
STRATEGIC = "application/strategic-merge-patch+json"
REFUSALS = (errors.Forbidden, errors.InvalidSpec)
EPHEMERAL = [case for case in [*pod_security.forbidden(), *pod_security.allowed()] if case.in_container]
ONE_EACH = list({case.reason: case for case in pod_security.forbidden()}.values())
"""One case for each control."""


@pytest.fixture(scope="module")
def place(server: apiserver.ApiServer) -> places.Place:
    """A department with an environment."""
    return standing.departments(server, ["guard"])[0]


@pytest.fixture(scope="module")
def owner(place: places.Place) -> Cluster:
    """Whoever has most rights in it."""
    return place.person("owner")


@pytest.fixture(scope="module")
def running(owner: Cluster, place: places.Place) -> Object:
    """A harmless pod that is stored."""
    return owner.create(pod_security.harmless(place.work, "stored"))


@pytest.mark.parametrize("case", pod_security.forbidden(), ids=lambda case: case.name)
def test_a_forbidden_pod_is_refused(owner: Cluster, place: places.Place, case: Case) -> None:
    with pytest.raises(
        errors.Forbidden, match=rf'violates PodSecurity "restricted:{labels.PSA_VERSION}".*{case.reason}'
    ):
        owner.create(case.of(pod_security.harmless(place.work, "mine")), dry_run=True)


@pytest.mark.parametrize("case", pod_security.allowed(), ids=lambda case: case.name)
def test_an_allowed_pod_is_taken(owner: Cluster, place: places.Place, case: Case) -> None:
    """And nothing on its way in made it another one than the profile allows."""
    stored = owner.create(case.of(pod_security.harmless(place.work, "mine")), dry_run=True)
    assert pod_security.violations(stored) == set()


def debugger(case: Case) -> Object:
    """A container as `kubectl debug` adds it, with the field of a case."""
    pod = case.of(pod_security.harmless("n", "p"))
    return pod["spec"]["containers"][0] | {"name": "debugger"}


@pytest.mark.parametrize("case", EPHEMERAL, ids=lambda case: f"{case.name} {case.reason}")
def test_a_debug_container_is_held_to_the_same(owner: Cluster, running: Object, case: Case) -> None:
    metadata = running["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/ephemeralcontainers?dryRun=All"
    body = {"spec": {"ephemeralContainers": [debugger(case)]}}
    if not case.reason:
        assert owner.raw("PATCH", path, body, STRATEGIC)
        return
    with pytest.raises(errors.Forbidden, match=f"violates PodSecurity.*{case.reason}"):
        owner.raw("PATCH", path, body, STRATEGIC)


@pytest.mark.parametrize("case", pod_security.forbidden(), ids=lambda case: case.name)
def test_an_allowed_pod_does_not_turn_into_it(owner: Cluster, admin: Cluster, running: Object, case: Case) -> None:
    """What a running pod may change is not looked at by Pod Security again: so it must not lead there."""
    ref = Ref("v1", "Pod", running["metadata"]["name"], running["metadata"]["namespace"])
    live = admin.get(ref)
    assert live is not None
    path = f"/api/v1/namespaces/{ref.namespace}/pods/{ref.name}?dryRun=All"
    turned = case.of(changed(live, put("spec.securityContext", live["spec"]["securityContext"])))
    try:
        answer = json.loads(owner.raw("PUT", path, turned))
    except REFUSALS:
        return
    # A note about AppArmor is read once, when the pod is made; the fields then rule.
    assert case.name == "AppArmor note"
    assert answer["spec"]["containers"] == live["spec"]["containers"]


@pytest.mark.parametrize("case", ONE_EACH, ids=lambda case: case.reason)
def test_resizing_is_no_way_round(owner: Cluster, admin: Cluster, running: Object, case: Case) -> None:
    """Departments have no right to it; and whoever has changes resources only."""
    metadata = running["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/resize?dryRun=All"
    live = admin.get(Ref("v1", "Pod", metadata["name"], metadata["namespace"]))
    assert live is not None
    turned = case.of(live)
    with pytest.raises(errors.Forbidden, match="cannot update resource"):
        owner.raw("PUT", path, turned)
    try:
        answer = json.loads(admin.raw("PUT", path, turned))
    except REFUSALS:
        return
    assert pod_security.violations(answer) == set()


def test_what_a_running_pod_may_change(owner: Cluster, running: Object) -> None:
    path = f"/api/v1/namespaces/{running['metadata']['namespace']}/pods/{running['metadata']['name']}?dryRun=All"
    other = {"spec": {"containers": [{"name": "c", "image": f"{labels.REGISTRY}/portal:2"}]}}
    assert owner.raw("PATCH", path, other, STRATEGIC)
    foreign = {"spec": {"containers": [{"name": "c", "image": "private.example/secret:1"}]}}
    with pytest.raises(errors.InvalidSpec, match="is not from registry"):
        owner.raw("PATCH", path, foreign, STRATEGIC)


def test_stored_templates_are_nobodys(owner: Cluster, place: places.Place) -> None:
    metadata = {"name": "mine", "namespace": place.work}
    template = {"metadata": {}, "spec": pod_security.harmless(place.work, "x")["spec"]}
    obj = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": template}
    with pytest.raises(errors.Forbidden, match="cannot create resource"):
        owner.create(obj, dry_run=True)


@pytest.fixture(scope="module")
def controllers(server: apiserver.ApiServer, admin: Cluster) -> Iterator[None]:
    """Controllers that make pods, and one machine, without which a DaemonSet makes none."""
    admin.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "machine"}})
    # A new machine takes no pods until its kubelet says that it is ready.
    admin.raw("PATCH", "/api/v1/nodes/machine", {"spec": {"taints": None}}, "application/merge-patch+json")
    with apiserver.controller_manager(server, CONTROLLERS, as_accounts=True):
        yield
    admin.delete(Ref("v1", "Node", "machine"))


def maker(kind: str, name: str, pod: Object) -> Object:
    """A workload of that kind with that pod, ready to make it at once."""
    namespace, template = pod["metadata"]["namespace"], {key: pod[key] for key in ("metadata", "spec")}
    same = kind if kind != "ReplicaSet" else "Deployment"
    obj = places.workload(namespace, same, name) | {"kind": kind}
    marks = {"app": name}
    notes = {"annotations": template["metadata"].get("annotations") or {}}
    spec = template["spec"] | ({"restartPolicy": "Never"} if kind in ("Job", "CronJob") else {})
    inner = {"metadata": {"labels": marks, **notes}, "spec": spec}
    if kind == "CronJob":
        obj["spec"] |= {"jobTemplate": {"spec": {"template": inner}}, "schedule": "* * * * *"}
        return obj
    obj["spec"]["template"] = inner
    if kind != "Job":
        obj["spec"]["selector"] = {"matchLabels": marks}
    return obj


def overdue(admin: Cluster, stored: Object) -> None:
    """Make a CronJob believe that it missed its last runs."""
    past = conditions.timestamp(datetime.now(UTC) - timedelta(minutes=3))
    admin.patch_status(stored | {"status": {"lastScheduleTime": past}}, field_manager="test")


def plan() -> list[tuple[str, str, Case]]:
    """Every control through a kind of workload, and every kind with several: (kind, name, case)."""
    tried = [(MAKERS[i % len(MAKERS)], case) for i, case in enumerate(ONE_EACH)]
    fine = Case(name="nothing", reason="", changes=())
    tried += [(kind, fine) for kind in MAKERS]
    return [(kind, f"w{index}", case) for index, (kind, case) in enumerate(tried)]


def attempts(admin: Cluster, namespace: str) -> dict[str, str]:
    """What came of workloads by their name: `made`, or why a controller could not make its pod."""
    found: dict[str, str] = {}
    for event in admin.list("v1", "Event", namespace=namespace):
        name = event["involvedObject"]["name"]
        if event["reason"] == "FailedCreate":
            found[name] = event["message"]
    for pod in admin.list("v1", "Pod", namespace=namespace):
        found[pod["metadata"]["labels"].get("app", "")] = "made"
    return found


def outcome(seen: dict[str, str], name: str) -> str:
    """Deployments and CronJobs have a child with a longer name that tries."""
    return next((said for who, said in sorted(seen.items()) if who == name or who.startswith(f"{name}-")), "")


def test_no_controller_makes_a_forbidden_pod(server: apiserver.ApiServer, admin: Cluster, controllers: None) -> None:
    place = standing.departments(server, ["maker"])[0]
    owner = place.person("owner")
    for kind, name, case in plan():
        stored = owner.create(maker(kind, name, case.of(pod_security.harmless(place.work, name))))
        if kind == "CronJob":
            overdue(admin, stored)

    def waiting() -> list[str]:
        seen = attempts(admin, place.work)
        return [f"{kind} {name}" for kind, name, _ in plan() if not outcome(seen, name)]

    tenancy.eventually(lambda: not waiting(), "every controller has tried")
    seen = attempts(admin, place.work)
    for kind, name, case in plan():
        said = outcome(seen, name)
        assert (case.reason in said) if case.reason else (said == "made"), (kind, case.name, said)
    stored = admin.list("v1", "Pod", namespace=place.work)
    assert [pod["metadata"]["name"] for pod in stored if pod_security.violations(pod)] == []


SAMPLES: dict[str, Object] = {
    "least": {},
    "most": {
        "port": 65535,
        "healthPath": "/~a/b.c-d_e/",
        "minReplicas": 20,
        "maxReplicas": 20,
        "variables": [{"name": f"V{i}", "value": "$(V0)`id`{{x}}\n" * 9} for i in range(64)],
    },
    "loader": {"variables": [{"name": "LD_PRELOAD", "value": "/tmp/x.so"}, {"name": "PATH", "value": "/proc/1/root"}]},
    "secret": {"variables": [{"name": "TOKEN", "secretName": "default-token", "secretKey": "token"}]},
    "digest": {"image": f"{places.IMAGE}@sha256:{'0' * 64}"},
    "low": {"port": 1024, "host": "web.guard-portal-prod.apps.govcloud.internal", "maxReplicas": 3},
}


@pytest.mark.parametrize("web", SAMPLES.values(), ids=SAMPLES)
def test_an_order_becomes_an_allowed_pod(
    server: apiserver.ApiServer, owner: Cluster, place: places.Place, web: Object
) -> None:
    """The order as the server keeps it, the pod as the driver builds it, asked of the server."""
    obj = services.instance("shop", offeringRef="web", web={"image": places.IMAGE} | web)
    obj["metadata"]["namespace"] = place.work
    stored = ServiceInstance.parse(owner.create(obj, dry_run=True))
    small = Plan(name="small", cpu="100m", memory="128Mi")
    order = services.order("shop", plan=small, namespace=place.work)
    order = replace(order, instance=stored, image=places.IMAGE, version="")
    made = [obj for stage in WebDriver().stages(order) for obj in stage if obj["kind"] == "Deployment"]
    template = made[0]["spec"]["template"]
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"] |= {"name": "svc-shop-1", "namespace": place.work}
    as_controller = server.connect("system:serviceaccount:kube-system:replicaset-controller", "system:masters")
    assert pod_security.violations(as_controller.create(pod, dry_run=True)) == set()


FIELDS = (
    "command",
    "args",
    "hostNetwork",
    "securityContext",
    "volumes",
    "serviceAccountName",
    "nodeName",
    "privileged",
)
TEMPLATE = ("podTemplate", "template", "containers", "initContainers", "resources", "priorityClassName", "tolerations")


@pytest.mark.parametrize("field", [*FIELDS, *TEMPLATE])
def test_an_order_has_no_field_that_shapes_the_pod(owner: Cluster, place: places.Place, field: str) -> None:
    """What is not in the schema is dropped: nothing of it reaches a driver."""
    obj = services.instance("shop", offeringRef="web", web={"image": places.IMAGE, field: "x"}, **{field: "x"})
    obj["metadata"]["namespace"] = place.work
    stored = owner.create(obj, dry_run=True)["spec"]
    assert field not in stored
    assert field not in stored["web"]
