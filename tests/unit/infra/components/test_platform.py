"""The repository's own manifests as groups: complete, in order, filled, unique."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.components.manifests import resource_name
from govcloud_infra.components.platform import PlatformArgs, groups, with_config_digest, workload_names
from govcloud_infra.health import health
from govcloud_infra.paths import REPOSITORY
from support import manifests

Object = dict[str, Any]
DIGEST = "govcloud.internal/config-digest"
BORN = {"default", "kube-system", "kube-public", "kube-node-lease"}
FOLDERS = [REPOSITORY / "operators", REPOSITORY / "monitoring" / "deploy"]
TEXT = "".join(file.read_text() for folder in FOLDERS for file in sorted(folder.rglob("*.yaml")))
# Every image that the manifests name, as if the bundle had it.
IMAGES = dict.fromkeys(
    re.findall(r"registry\.govcloud\.internal/([^\s\"']+)", TEXT.replace("@VERSION@", "9.9.9")), "e" * 64
)
ARGS = PlatformArgs(
    kubeconfig=Path("/k"),
    repository=REPOSITORY,
    departments=REPOSITORY / "sites" / "lab" / "departments",
    version="9.9.9",
    images=IMAGES,
    node_cidr="10.77.0.0/24",
    pod_cidr="10.78.0.0/16",
    service_cidr="10.79.0.0/16",
    webhook_url=None,
)


@pytest.fixture(scope="module")
def found() -> list[tuple[str, list[Object]]]:
    return groups(ARGS)


@pytest.fixture(scope="module")
def objects(found: list[tuple[str, list[Object]]]) -> list[Object]:
    """Everything, in apply order."""
    return [item for _, group in found for item in group]


def values(item: Any) -> Iterator[Any]:
    """Every leaf, and every key."""
    if isinstance(item, dict):
        yield from item
        for inner in item.values():
            yield from values(inner)
    elif isinstance(item, list):
        for inner in item:
            yield from values(inner)
    else:
        yield item


def test_kinds_and_policies_stand_before_rights_and_departments_come_last(found: Any) -> None:
    assert [name for name, _ in found] == ["kinds", "namespaces", "admission", "operator", "monitoring", "departments"]
    assert {item["kind"] for item in dict(found)["kinds"]} == {"CustomResourceDefinition"}
    assert {item["kind"] for item in dict(found)["departments"]} == {"Department"}
    rights = {"ClusterRoleBinding", "RoleBinding"}
    assert not rights & {item["kind"] for name, group in found[:3] for item in group}


def test_no_file_is_forgotten(objects: list[Object]) -> None:
    written = manifests.objects(*(file for folder in FOLDERS for file in folder.rglob("*.yaml")))
    assert {resource_name(item) for item in written} <= {resource_name(item) for item in objects}


def test_names_are_unique_within_the_stack(objects: list[Object]) -> None:
    names = [resource_name(item) for item in objects]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_namespace_comes_before_what_lies_in_it(found: Any) -> None:
    known = set(BORN)
    for _, group in found:
        known |= {item["metadata"]["name"] for item in group if item["kind"] == "Namespace"}
        inside = {item["metadata"]["namespace"] for item in group if "namespace" in item["metadata"]}
        assert inside <= known


def test_every_placeholder_is_filled(objects: list[Object]) -> None:
    left = [
        text for item in objects for text in values(item) if isinstance(text, str) and re.search(r"@[A-Z_]+@", text)
    ]
    assert left == []
    assert any("10.77.0.0/24" in str(item) for item in objects)


def test_every_image_is_the_sites_own_and_named_by_content(objects: list[Object]) -> None:
    images = [container["image"] for item in objects for container in _containers(item)]
    assert len(images) >= 4
    for image in images:
        assert re.fullmatch(r"registry\.govcloud\.internal/[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)


def _containers(item: Object) -> list[Object]:
    pod = item.get("spec", {}).get("template", {}).get("spec", {}) if isinstance(item.get("spec"), dict) else {}
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def test_nothing_would_read_differently_than_it_was_sent(objects: list[Object]) -> None:
    """A null is dropped by the API server, and a long-winded quantity is shortened: both would be drift for ever."""
    assert [resource_name(item) for item in objects if None in list(values(item))] == []
    limits = [
        text
        for item in objects
        for container in _containers(item)
        for kind in container.get("resources", {}).values()
        for text in kind.values()
    ]
    assert limits
    assert [text for text in limits if not re.fullmatch(r"[1-9]\d{0,2}m?|[1-9]\d{0,3}[KMG]i", str(text))] == []
    assert [text for text in limits if text in ("1000m", "1024Mi", "2000m", "2048Mi")] == []


def test_prometheus_gets_every_rule_file(objects: list[Object]) -> None:
    [rules] = [item for item in objects if item["metadata"]["name"] == "prometheus-rules"]
    files = {f"{kind}-{file.name}": file for kind in ("rules", "alerts") for file in _rule_files(kind)}
    assert rules["data"] == {name: file.read_text() for name, file in files.items()}
    assert files
    assert all("groups" in yaml.safe_load(text) for text in rules["data"].values())


def _rule_files(kind: str) -> list[Path]:
    return sorted((REPOSITORY / "monitoring" / kind).glob("*.yaml"))


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    return workload_names(REPOSITORY)


def test_what_must_run_is_what_the_groups_hold(names: frozenset[str], objects: list[Object]) -> None:
    assert names == {
        "deployment govcloud-system/operator",
        "deployment govcloud-system/isolation-canary",
        "deployment govcloud-ingress/traefik",
        "statefulset govcloud-backups/backup-store",
        "deployment govcloud-monitoring/exporter",
        "deployment govcloud-monitoring/forecaster",
        "statefulset govcloud-monitoring/prometheus",
        "statefulset govcloud-monitoring/alertmanager",
        "statefulset govcloud-monitoring/ledger",
        "daemonset govcloud-node/node-exporter",
    }
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    assert names == {health.workload_name(item) for item in objects if item["kind"] in kinds}


def test_health_looks_wherever_something_must_run(names: frozenset[str]) -> None:
    """A workload in a namespace that nobody looks into would count as missing for ever."""
    namespaces = {name.split()[1].split("/")[0] for name in names | health.CORE_WORKLOADS}
    assert namespaces == set(health.PLATFORM_NAMESPACES)


def digests(items: list[Object]) -> dict[str, str]:
    """Config digest of each workload."""
    return {
        resource_name(item): item["spec"]["template"]["metadata"]["annotations"][DIGEST]
        for item in items
        if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet")
    }


def test_a_changed_config_restarts_the_workloads_of_its_namespace(found: Any) -> None:
    before = dict(found)["monitoring"]
    config = next(
        item for item in before if item["kind"] == "ConfigMap" and item["metadata"]["name"] != "prometheus-rules"
    )
    changed = [{**item, "data": {"other": "text"}} if item is config else item for item in before]
    after = digests([with_config_digest(item, changed) for item in changed])
    home = config["metadata"]["namespace"]
    moved = {name for name, digest in digests(before).items() if after[name] != digest}
    assert moved == {name for name in after if f" {home}/" in name}
    assert moved


def test_the_digest_leaves_all_else_and_the_original_alone() -> None:
    pod = {"metadata": {"labels": {"a": "1"}, "annotations": {"b": "2"}}, "spec": {"containers": []}}
    item = {"kind": "Deployment", "metadata": {"namespace": "n"}, "spec": {"replicas": 1, "template": pod}}
    found = with_config_digest(item, [])
    assert found["spec"]["template"]["metadata"]["annotations"].keys() == {"b", DIGEST}
    assert pod["metadata"]["annotations"] == {"b": "2"}
    service = {"kind": "Service", "metadata": {"namespace": "n"}}
    assert with_config_digest(service, []) is service
