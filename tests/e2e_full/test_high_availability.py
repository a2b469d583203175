"""Three control planes behind one address: killed on the way, powered off, grown and shrunk."""

import json
import time

import pytest

from support import questions
from support.interruption import interrupted_at
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
SERVERS = {"cp1": "10.92.0.11", "cp2": "10.92.0.12", "cp3": "10.92.0.13"}
VIP = "10.92.0.10"


def nodes(lab: Lab) -> dict[str, bool]:
    """Is it ready, by name."""
    return {
        item["metadata"]["name"]: any(
            c["type"] == "Ready" and c["status"] == "True" for c in item["status"]["conditions"]
        )
        for item in lab.get("nodes")["items"]
    }


def health(lab: Lab) -> dict[str, str]:
    """Status of every condition."""
    report = json.loads(lab.govcloud("health", str(lab.site), "-o", "json"))
    return {item["type"]: item["status"] for item in report["conditions"]}


def holder(lab: Lab) -> str:
    """Who holds the virtual address."""
    found = [name for name, address in SERVERS.items() if f"inet {VIP}/" in lab.ssh(address, "ip -4 address show")]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("seconds", [1.0, 6.0, 14.0])
def test_killed_while_control_planes_join(ha: Lab, seconds: float) -> None:
    assert interrupted_at(ha, "Join the cluster", after_seconds=seconds) == -9


def test_the_next_run_completes_the_cluster(ha: Lab) -> None:
    ha.govcloud("deploy", str(ha.site))
    assert nodes(ha) == dict.fromkeys([*SERVERS, "w1", "w2"], True)
    roles = ha.kubectl("get", "nodes", "-l", "node-role.kubernetes.io/control-plane", "-o", "name").split()
    assert sorted(roles) == [f"node/{name}" for name in SERVERS]
    zones = ha.kubectl("get", "nodes", "-L", "topology.kubernetes.io/zone", "--no-headers")
    assert {line.split()[0]: line.split()[-1] for line in zones.splitlines()}["cp3"] == "rack-c"


def test_every_condition_of_health_holds(ha: Lab) -> None:
    found = health(ha)
    assert {"EtcdHealthy", "ApiReachable", "DnsAnswers", "NetworkPolicyEnforced", "StorageWritable"} <= found.keys()
    assert {"CertificatesValid", "SnapshotRecent", "Ready"} <= found.keys()
    assert set(found.values()) == {"True"}


def test_the_second_run_changes_nothing(ha: Lab) -> None:
    changed = json.loads(ha.govcloud("deploy", str(ha.site), "-o", "json"))["changed"]
    assert changed == {"machines": [], "cluster": [], "platform": []}


def test_the_holder_of_the_address_loses_power_and_the_api_answers_within_30_seconds(ha: Lab) -> None:
    lost = holder(ha)
    ha.cut_power(lost)
    began = time.monotonic()
    eventually(lambda: _written(ha), 30, "a write through the virtual address")
    assert time.monotonic() - began <= 30
    eventually(lambda: not nodes(ha)[lost], 60, "the cluster sees that the machine is gone")
    assert "NodesReady" in ha.govcloud("status", str(ha.site), code=6)
    left = next(address for name, address in SERVERS.items() if name != lost)
    asked = f"http://{left}:30090", 'govcloud_source_up{source="kubernetes"}'
    eventually(lambda: questions.value(*asked) == 1, 120, "the cloud is watched without that machine")
    assert questions.value(asked[0], f'max(up{{job="node-exporter",node="{lost}"}})') in (0, None)
    ha.govcloud("deploy", str(ha.site))
    assert set(health(ha).values()) == {"True"}


def _written(lab: Lab) -> bool:
    made = lab.try_kubectl("--request-timeout=2s", "-n", "default", "create", "configmap", f"at-{time.time_ns()}")
    return made.returncode == 0


def test_a_worker_comes_and_goes(ha: Lab) -> None:
    before = ha.site.read_text()
    arguments = ["--role", "worker", "--address", "10.92.0.23", "--failure-domain", "rack-c"]
    ha.govcloud("node", "add", "w3", str(ha.site), *arguments)
    assert nodes(ha)["w3"]
    assert "rack-c" in ha.site.read_text()
    ha.govcloud("node", "remove", "w3", str(ha.site), "--confirm", "w3")
    assert "w3" not in nodes(ha)
    assert ha.site.read_text() == before
    assert json.loads(ha.govcloud("plan", str(ha.site), "-o", "json")) == []


def test_a_control_plane_goes_only_while_a_majority_is_healthy(ha: Lab) -> None:
    ha.cut_power("cp2")
    eventually(lambda: not nodes(ha)["cp2"], 60, "the cluster sees that cp2 is gone")
    told = ha.govcloud_refused("node", "remove", "cp1", str(ha.site), "--confirm", "cp1", code=4)
    assert "cp1 cannot be removed" in told
    ha.govcloud("deploy", str(ha.site))


def test_a_control_plane_is_replaced(ha: Lab) -> None:
    ha.govcloud("node", "remove", "cp3", str(ha.site), "--confirm", "cp3")
    assert "cp3" not in nodes(ha)
    arguments = ["--role", "control-plane", "--address", "10.92.0.13", "--failure-domain", "rack-c"]
    ha.govcloud("node", "add", "cp3", str(ha.site), *arguments)
    assert set(health(ha).values()) == {"True"}
    members = ha.ssh(SERVERS["cp1"], f"{ETCDCTL} member list")
    assert sorted(line.split(", ")[2] for line in members.splitlines()) == [*SERVERS]
    assert "true" not in members.split("\n", maxsplit=1)[0].rsplit(", ", maxsplit=1)[-1], "no learner is left"


PKI = "/etc/kubernetes/pki/etcd"
ETCDCTL = (
    f"etcdctl --endpoints https://127.0.0.1:2379 --cacert {PKI}/ca.crt "
    f"--cert {PKI}/healthcheck-client.crt --key {PKI}/healthcheck-client.key"
)


def test_a_changed_setting_reaches_every_control_plane(ha: Lab) -> None:
    text = ha.site.read_text()
    ha.site.write_text(text.replace("  api:\n", "  security: {auditDays: 31}\n  api:\n"))
    pending = json.loads(ha.govcloud("plan", str(ha.site), "-o", "json"))
    assert {item["where"] for item in pending} >= set(SERVERS)
    ha.govcloud("deploy", str(ha.site))
    for address in SERVERS.values():
        assert "--audit-log-maxage=31" in ha.ssh(address, "tr '\\0' ' ' < /proc/$(pgrep -x kube-apiserver)/cmdline")
    assert json.loads(ha.govcloud("deploy", str(ha.site), "-o", "json"))["changed"]["cluster"] == []


def test_a_removed_node_in_the_file_alone_is_refused(ha: Lab) -> None:
    text = ha.site.read_text()
    ha.site.write_text("\n".join(line for line in text.splitlines() if "name: w2" not in line) + "\n")
    told = ha.refused("deploy", code=3)
    ha.site.write_text(text)
    assert "govcloud node remove w2" in told
