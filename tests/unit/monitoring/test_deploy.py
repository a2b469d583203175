"""Manifests of the monitoring: rights, isolation and placeholders."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_monitoring.window import place
from support.manifests import objects

FOLDER = Path(__file__).parents[3] / "monitoring" / "deploy"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS: list[dict[str, Any]] = objects(*FILES)
WORKLOADS = [each for each in OBJECTS if each["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}]
OF_THE_OPERATOR = (
    ("govcloud-monitoring", "operator-certificates"),
    ("govcloud-node", "operator-certificates"),
    ("govcloud-monitoring", "operator-ledger-backup"),
)
ROLES = [
    each
    for each in OBJECTS
    if each["kind"] in {"ClusterRole", "Role"}
    and (each["metadata"].get("namespace"), each["metadata"]["name"]) not in OF_THE_OPERATOR
]
"""Of monitoring's own accounts."""
OWN = {"govcloud-exporter": 9105, "govcloud-ledger": 9106, "govcloud-forecaster": 9108}
"""Jobs that scrape programs of ours in this namespace, and their ports."""
SERVER_NAMES = {name: f"{name.removeprefix('govcloud-')}.govcloud-monitoring.svc" for name in OWN} | {
    "node-exporter": "node-exporter.govcloud-node.svc",
    "alertmanager": "alertmanager.govcloud-monitoring.svc",
}
"""Of what is scraped with a certificate on both sides, by job."""


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


@pytest.mark.parametrize(("namespace", "name"), OF_THE_OPERATOR)
def test_the_operators_role_is_given_to_the_operator_and_reaches_no_other_secret(namespace: str, name: str):
    here = [each for each in OBJECTS if each["metadata"].get("namespace") == namespace]
    [role] = [each for each in here if each["kind"] == "Role" and each["metadata"]["name"] == name]
    (rule,) = role["rules"]
    assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get", "create", "patch", "delete"])
    assert rule["resourceNames"]
    [binding] = [each for each in here if each.get("roleRef", {}).get("name") == name]
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
def test_our_own_programs_are_called_by_their_names(name: str, port: int):
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == name]
    assert job["static_configs"] == [{"targets": [f"{SERVER_NAMES[name]}:{port}"]}]


@pytest.mark.parametrize(("name", "server_name"), SERVER_NAMES.items())
def test_what_the_platform_serves_is_scraped_with_a_certificate_on_both_sides(name: str, server_name: str):
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == name]
    assert job["scheme"] == "https"
    tls = dict(job["tls_config"])
    assert (tls.pop("server_name"), tls.pop("min_version")) == (server_name, "TLS13")
    mounts = of("StatefulSet", "prometheus")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    [folder] = [mount["mountPath"] for mount in mounts if mount["name"] == "tls"]
    assert tls == {
        "ca_file": f"{folder}/ca.crt", "cert_file": f"{folder}/tls.crt", "key_file": f"{folder}/tls.key"
    }  # fmt: skip


def test_alerts_are_told_as_alertmanagers_are_scraped():
    config = yaml.safe_load(of("ConfigMap", "prometheus-config")["data"]["prometheus.yml"])
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == "alertmanager"]
    [told] = config["alerting"]["alertmanagers"]
    assert {key: job[key] for key in told} == told
    assert set(told) == {"scheme", "tls_config", "static_configs"}


FOREIGN = {("DaemonSet", "node-exporter"): "tls", ("StatefulSet", "alertmanager"): "server-tls"}
"""Programs that are not ours and speak TLS by a file of their own; and the volume with the certificate."""


@pytest.mark.parametrize(("kind", "name"), FOREIGN)
def test_what_is_not_ours_serves_nothing_but_tls_and_only_to_who_shows_a_certificate(kind: str, name: str):
    pod = of(kind, name)["spec"]["template"]["spec"]
    [container] = [each for each in pod["containers"] if each["name"] == name]
    folders = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert f"--web.config.file={folders['web']}/web.yml" in container["args"]
    folder = folders[FOREIGN[kind, name]]
    assert yaml.safe_load(of("ConfigMap", f"{name}-web")["data"]["web.yml"]) == {
        "tls_server_config": {
            "cert_file": f"{folder}/tls.crt",
            "key_file": f"{folder}/tls.key",
            "client_ca_file": f"{folder}/ca.crt",
            "client_auth_type": "RequireAndVerifyClientCert",
            "min_version": "TLS13",
        }
    }
    secrets = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert {secret["defaultMode"] for secret in secrets} == {0o440}
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"], "else it cannot read its key"


def test_kubelets_ask_an_alertmanager_through_its_window_and_end_neither_for_a_storm_there():
    pod = of("StatefulSet", "alertmanager")["spec"]["template"]["spec"]
    alertmanager, window = pod["containers"]
    [opened_port] = [port["containerPort"] for port in window["ports"]]
    assert alertmanager["readinessProbe"]["httpGet"] == {"path": "/-/ready", "port": opened_port}
    assert alertmanager["livenessProbe"]["tcpSocket"] == {"port": "api"}
    assert "livenessProbe" not in window


def test_who_asks_beside_an_alertmanager_shows_the_windows_certificate_and_believes_the_right_name():
    pod = of("StatefulSet", "alertmanager")["spec"]["template"]["spec"]
    alertmanager, window = pod["containers"]
    folders = {
        mount["mountPath"]
        for container in (alertmanager, window)
        for mount in container["volumeMounts"]
        if mount["name"] == "client-tls"
    }
    [folder] = folders
    given = {each["name"]: each["value"] for each in window["env"]}
    behind, _ = place(given)
    assert (str(behind.tls_folder), behind.name) == (folder, SERVER_NAMES["alertmanager"])
    amtool = of("ConfigMap", "alertmanager-amtool")["data"]
    assert yaml.safe_load(amtool["amtool-http.yml"])["tls_config"] == {
        "ca_file": f"{folder}/ca.crt",
        "cert_file": f"{folder}/tls.crt",
        "key_file": f"{folder}/tls.key",
        "server_name": SERVER_NAMES["alertmanager"],
        "min_version": "TLS13",
    }
    assert yaml.safe_load(amtool["amtool.yml"])["alertmanager.url"] == given["GOVCLOUD_WINDOW_TARGET"]


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
