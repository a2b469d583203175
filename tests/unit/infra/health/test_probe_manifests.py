"""What probes are made of: where they run, what they may, and that no admission policy of ours stands in their way."""

from typing import Any

import pytest

from govcloud_infra.health import probe_manifests as manifests
from govcloud_infra.health.probe_manifests import Placement, Plan

Object = dict[str, Any]
CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}
TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
PLAN = Plan(
    namespace="govcloud-probe-1",
    placement=Placement(server="w1", client="w2", on_control_plane=False),
    probe_image="registry/netprobe@sha256:1",
)


def node(name: str, *, ready: str = "True", control_plane: bool = False, **spec: Any) -> Object:
    labels = CONTROL_PLANE if control_plane else {}
    own = {"taints": [TAINT]} if control_plane else {}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": own | spec,
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([node("cp1", control_plane=True), node("w1"), node("w2"), node("w3")], ("w1", "w3", False)),
        ([node("cp1", control_plane=True), node("w2"), node("w1")], ("w1", "w2", False)),
        ([node("cp1", control_plane=True), node("w1")], ("w1", "w1", False)),
        ([node("cp1", control_plane=True)], ("cp1", "cp1", True)),
        ([node("cp1", control_plane=True), node("cp2", control_plane=True)], ("cp1", "cp2", True)),
        ([node("cp1", control_plane=True), node("w1", ready="False")], ("cp1", "cp1", True)),
        ([node("w1", unschedulable=True), node("w2")], ("w2", "w2", False)),
        ([node("w1", taints=[{"key": "disk", "effect": "NoExecute"}]), node("w2")], ("w2", "w2", False)),
        ([node("w1", taints=[{"key": "soft", "effect": "PreferNoSchedule"}])], ("w1", "w1", False)),
        ([{"metadata": {"name": "w1"}}], None),
        ([], None),
    ],
)
def test_two_nodes_where_there_are_two(nodes: list[Object], expected: tuple[str, str, bool] | None) -> None:
    found = manifests.placement(nodes)
    assert (found and (found.server, found.client, found.on_control_plane)) == expected


def pods(plan: Plan = PLAN) -> list[Object]:
    return [
        manifests.server(plan), manifests.client(plan, "allow-1", "allow", ["dns:a", "tcp:b:1"]),
        manifests.writer(plan), manifests.reader(plan),
    ]  # fmt: skip


def test_pods_are_what_a_restricted_namespace_takes() -> None:
    for pod in pods():
        spec, container = pod["spec"], pod["spec"]["containers"][0]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert spec["automountServiceAccountToken"] is False
        assert pod["metadata"]["namespace"] == PLAN.namespace
    labels = manifests.namespace("n", owner="h/1", until=9)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nothing_belongs_to_the_operator() -> None:
    made = [manifests.namespace("n", owner="h/1", until=9), manifests.service(PLAN), manifests.claim(PLAN), *pods()]
    for item in made:
        keys = [*item["metadata"]["labels"], *item["metadata"].get("annotations", {})]
        assert [key for key in keys if key.startswith(("govcloud.internal/", "state.govcloud.internal/"))] == []
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] != "govcloud"


def test_server_and_client_stand_on_their_nodes_and_storage_where_it_likes() -> None:
    where = [pod["spec"].get("nodeSelector", {}).get("kubernetes.io/hostname") for pod in pods()]
    assert where == ["w1", "w2", None, None]


@pytest.mark.parametrize("on_control_plane", [True, False])
def test_control_planes_are_tolerated_only_without_workers(on_control_plane: bool) -> None:
    plan = Plan(
        namespace="n", placement=Placement(server="a", client="a", on_control_plane=on_control_plane), probe_image="i"
    )
    assert {bool(pod["spec"]["tolerations"]) for pod in pods(plan)} == {on_control_plane}


def test_the_client_asks_for_all_it_is_told() -> None:
    made = manifests.client(PLAN, "deny-2", "deny", ["tcp:10.0.0.1:8080", "tcp:10.0.0.2:8080"])
    words = made["spec"]["containers"][0]["args"]
    assert words[:5] == ["check", "--deny", "tcp:10.0.0.1:8080", "--deny", "tcp:10.0.0.2:8080"]
    assert made["metadata"]["name"] == "deny-2"


def test_the_policy_shuts_the_server_that_the_service_selects() -> None:
    labels = manifests.server(PLAN)["metadata"]["labels"]
    policy = manifests.default_deny(PLAN)["spec"]
    assert manifests.service(PLAN)["spec"]["selector"].items() <= labels.items()
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["policyTypes"] == ["Ingress"]
    assert "ingress" not in policy


CANARY = {"spec": {"template": {"spec": {"containers": [{"image": "r/netprobe:9@sha256:1"}]}}}}


@pytest.mark.parametrize(
    ("canary", "image"),
    [(CANARY, "r/netprobe:9@sha256:1"), (None, "registry.govcloud.internal/netprobe:0.1.0"),
     ({"spec": {}}, "registry.govcloud.internal/netprobe:0.1.0")],
)  # fmt: skip
def test_the_image_is_the_one_that_runs_already(canary: Object | None, image: str) -> None:
    assert manifests.probe_image(canary, "0.1.0") == image


@pytest.mark.parametrize(
    ("annotations", "is_default"),
    [({"storageclass.kubernetes.io/is-default-class": "true"}, True),
     ({"storageclass.kubernetes.io/is-default-class": "false"}, False), ({}, False)],
)  # fmt: skip
def test_a_claim_needs_a_default_class(annotations: dict[str, str], is_default: bool) -> None:
    assert manifests.has_default_class([{"metadata": {"annotations": annotations}}]) is is_default
    assert not manifests.has_default_class([])
