"""Manifests of the monitoring: rights, isolation and placeholders."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.manifests import objects

FOLDER = Path(__file__).parents[3] / "monitoring" / "deploy"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS: list[dict[str, Any]] = objects(*FILES)
WORKLOADS = [each for each in OBJECTS if each["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}]
ROLES = [each for each in OBJECTS if each["kind"] in {"ClusterRole", "Role"}]


def of(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in OBJECTS if each["kind"] == kind and each["metadata"]["name"] == name)


def test_files_are_numbered_and_namespaces_come_first():
    assert all(re.match(r"\d\d-[a-z-]+\.yaml$", file.name) for file in FILES)
    assert OBJECTS[0]["kind"] == "Namespace"


def test_only_known_placeholders_are_used():
    assert set(re.findall(r"@[A-Z_]+@", "".join(file.read_text() for file in FILES))) == {"@VERSION@", "@NODE_CIDR@"}


def test_every_object_says_who_manages_it():
    assert [
        o["metadata"]["name"] for o in OBJECTS if "app.kubernetes.io/managed-by" not in o["metadata"]["labels"]
    ] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: f"{role['kind']}/{role['metadata']['name']}")
def test_roles_only_read_and_never_reach_into_pods(role: dict[str, Any]):
    for rule in role["rules"]:
        assert set(rule["verbs"]) <= {"get", "list", "watch"}
        assert not {"nodes/proxy", "pods/exec", "secrets", "*"} & set(rule.get("resources", ()))
        assert "*" not in rule.get("nonResourceURLs", ())


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each["metadata"]["name"])
def test_containers_have_no_privilege_and_bounded_resources(workload: dict[str, Any]):
    spec = workload["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["image"].startswith("registry.govcloud.internal/")
        # A user of its own is no privilege: the database tells its writer from its owner by it.
        assert {key: value for key, value in container["securityContext"].items() if key != "runAsUser"} == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} == set(container["resources"]["requests"]) == set(container["resources"]["limits"])
        assert all(
            mount.get("readOnly") or mount["name"] in {"data", "socket", "tmp"}
            for mount in container.get("volumeMounts", ())
        )


def test_only_node_exporter_sees_the_machine():
    seeing = [w for w in WORKLOADS if w["spec"]["template"]["spec"].get("hostNetwork")]
    assert [(w["metadata"]["namespace"], w["metadata"]["name"]) for w in seeing] == [("govcloud-node", "node-exporter")]
    for workload in WORKLOADS:
        spec = workload["spec"]["template"]["spec"]
        assert not spec.get("hostPID")
        assert not spec.get("hostIPC")
        assert workload in seeing or not [volume for volume in spec.get("volumes", ()) if "hostPath" in volume]


def test_both_namespaces_are_closed_before_anything_is_opened():
    closed = {each["metadata"]["namespace"] for each in OBJECTS if each["metadata"]["name"] == "default-deny"}
    assert closed == {"govcloud-monitoring", "govcloud-node"}


def test_the_rules_are_not_copied_into_the_manifests():
    volumes = of("StatefulSet", "prometheus")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "rules", "configMap": {"name": "prometheus-rules"}} in volumes
    assert not any(each["metadata"]["name"] == "prometheus-rules" for each in OBJECTS)


def test_every_scrape_is_bounded_and_every_secure_scrape_verified():
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    assert config["global"]["body_size_limit"]
    for job in config["scrape_configs"]:
        assert job["sample_limit"] > 0
        if job.get("scheme") == "https":
            assert set(job["tls_config"]) == {"ca_file"}


def test_the_jobs_that_the_rules_name_are_scraped():
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    text = "".join(file.read_text() for kind in ("rules", "alerts") for file in (FOLDER.parent / kind).glob("*.yaml"))
    assert set(re.findall(r'job!?="([^"]+)"', text)) <= jobs


def opened(kind: str, direction: str, name: str) -> list[dict[str, Any]]:
    return [
        rule
        for each in OBJECTS
        if each["kind"] == kind
        and (each["spec"].get("endpointSelector") or each["spec"]["podSelector"]).get("matchLabels", {})
        == {"app.kubernetes.io/name": name}
        for rule in each["spec"].get(direction, ())
    ]


@pytest.mark.parametrize("name", ["exporter", "prometheus"])
def test_every_open_flow_names_its_peer_and_its_port(name: str):
    for direction, peer in (("ingress", "from"), ("egress", "to")):
        for rule in opened("NetworkPolicy", direction, name):
            assert rule[peer]
            assert rule["ports"]
        for rule in opened("CiliumNetworkPolicy", direction, name):
            # The world gets in through the node port of Prometheus, and nowhere else; pods never.
            world = {"world"} if (name, direction) == ("prometheus", "ingress") else set()
            assert set(rule[f"{peer}Entities"]) <= {"host", "remote-node", "kube-apiserver"} | world
            assert rule["toPorts"]
