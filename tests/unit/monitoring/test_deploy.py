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
OF_THE_OPERATOR = ("operator-certificates", "operator-ledger-backup")
ROLES = [
    each
    for each in OBJECTS
    if each["kind"] in {"ClusterRole", "Role"} and each["metadata"]["name"] not in OF_THE_OPERATOR
]
"""Of monitoring's own accounts."""
OWN = {"govcloud-exporter": 9105, "govcloud-ledger": 9106, "govcloud-forecaster": 9108}
"""Jobs that scrape programs of ours in this namespace, and their ports."""


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


@pytest.mark.parametrize("name", OF_THE_OPERATOR)
def test_the_operators_role_is_given_to_the_operator_and_reaches_no_other_secret(name: str):
    (rule,) = of("Role", name)["rules"]
    assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get", "create", "patch", "delete"])
    assert rule["resourceNames"]
    [binding] = [each for each in OBJECTS if each.get("roleRef", {}).get("name") == name]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "operator", "namespace": "govcloud-system"}]


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
            mount.get("readOnly") or mount["name"] in {"data", "socket", "run", "tmp"}
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
            assert "ca_file" in job["tls_config"]
            assert "insecure_skip_verify" not in job["tls_config"]


@pytest.mark.parametrize(("name", "port"), OWN.items())
def test_our_own_programs_are_scraped_with_a_certificate_on_both_sides(name: str, port: int):
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == name]
    host = f"{name.removeprefix('govcloud-')}.govcloud-monitoring.svc"
    assert job["static_configs"] == [{"targets": [f"{host}:{port}"]}]
    assert job["scheme"] == "https"
    tls = dict(job["tls_config"])
    assert (tls.pop("server_name"), tls.pop("min_version")) == (host, "TLS13")
    mounts = of("StatefulSet", "prometheus")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    [folder] = [mount["mountPath"] for mount in mounts if mount["name"] == "tls"]
    assert tls == {
        "ca_file": f"{folder}/ca.crt", "cert_file": f"{folder}/tls.crt", "key_file": f"{folder}/tls.key"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["exporter", "ledger", "forecaster"])
def test_what_is_served_in_the_clear_is_for_the_kubelet_alone(name: str):
    """Every probe goes to a port that no policy opens and no Service names; a kubelet comes from the machine itself."""
    [workload] = [each for each in WORKLOADS if each["metadata"]["name"] == name]
    [container] = [
        each
        for each in workload["spec"]["template"]["spec"]["containers"]
        if each["image"].startswith("registry.govcloud.internal/govcloud:")
    ]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    probed = {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")}
    assert probed == {"health"}
    assert ports["health"] not in {each["port"] for each in of("Service", name)["spec"]["ports"]}
    opened_ports = {
        int(port["port"])
        for kind in ("NetworkPolicy", "CiliumNetworkPolicy")
        for rule in opened(kind, "ingress", name)
        for port in [*rule.get("ports", ()), *(each for to in rule.get("toPorts", ()) for each in to["ports"])]
    }
    assert opened_ports == set(ports.values()) - {ports["health"]}


def test_months_are_asked_for_by_machines_and_metrics_by_prometheus():
    """The API server shows no certificate: its port is shut to pods, and the port for pods is shut to it."""
    [pods] = opened("NetworkPolicy", "ingress", "ledger")
    assert pods == {
        "from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}],
        "ports": [{"protocol": "TCP", "port": 9106}],
    }
    [machines] = opened("CiliumNetworkPolicy", "ingress", "ledger")
    assert set(machines["fromEntities"]) == {"host", "remote-node", "kube-apiserver"}
    assert machines["toPorts"] == [{"ports": [{"port": "9107", "protocol": "TCP"}]}]
    [rule] = of("Role", "usage-reader")["rules"]
    assert "https:ledger:api" in rule["resourceNames"]
    assert {"name": "api", "port": 9107, "targetPort": "api"} in of("Service", "ledger")["spec"]["ports"]


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


@pytest.mark.parametrize("name", ["exporter", "ledger", "prometheus"])
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
