"""An operations engineer deploys, looks, deploys again, and is interrupted."""

import base64
import json
import time
from pathlib import Path

import pytest

from support.lab import Lab

pytestmark = pytest.mark.e2e


def test_every_node_is_ready_and_every_condition_true(lab: Lab) -> None:
    nodes = lab.get("nodes")["items"]
    ready = {
        n["metadata"]["name"]: c["status"] for n in nodes for c in n["status"]["conditions"] if c["type"] == "Ready"
    }
    assert ready == {"cp1": "True", "w1": "True", "w2": "True"}
    report = json.loads(lab.govcloud("status", str(lab.site), "-o", "json"))
    assert {item["type"]: item["status"] for item in report["conditions"]} == {
        "ApiReachable": "True",
        "NodesReady": "True",
        "PlatformReady": "True",
        "DepartmentsReady": "True",
        "Ready": "True",
    }
    assert set(report["endpoints"]) == {"alertmanager", "kubernetes", "prometheus", "registry"}


def test_from_inside_everything_holds(lab: Lab) -> None:
    """DNS and a Service across nodes, a policy that drops, a volume that outlives its pod, ciphertext in etcd."""
    report = json.loads(lab.govcloud("health", str(lab.site), "-o", "json"))
    found = {item["type"]: item["status"] for item in report["conditions"]}
    looked_at = {"DnsAnswers", "ServicesReachable", "NetworkPolicyEnforced", "StorageWritable", "SecretsEncrypted"}
    assert looked_at <= found.keys()
    assert set(found.values()) == {"True"}
    assert "govcloud-probe" not in lab.kubectl("get", "namespaces", "--field-selector=status.phase=Active")


def test_a_second_run_changes_nothing_within_a_minute(lab: Lab) -> None:
    began = time.monotonic()
    changed = json.loads(lab.govcloud("deploy", str(lab.site), "-o", "json"))["changed"]
    assert changed == {"machines": [], "cluster": [], "platform": []}
    assert time.monotonic() - began <= 60


def test_a_plan_names_what_somebody_changed_by_hand_and_nothing_else(lab: Lab) -> None:
    scale = ["-n", "govcloud-system", "scale", "deployment/isolation-canary"]
    lab.kubectl(*scale, "--replicas=0")
    try:
        pending = json.loads(lab.govcloud("plan", "--detailed-exitcode", "-o", "json", str(lab.site), code=7))
    finally:
        lab.kubectl(*scale, "--replicas=1")
    assert [item["phase"] for item in pending] == ["platform"]
    assert "isolation-canary" in pending[0]["what"]


def test_kubeconfig_prints_a_file_that_works(lab: Lab) -> None:
    path = lab.govcloud("kubeconfig", str(lab.site), "--path").strip()
    assert path == str(lab.kubeconfig)
    assert Path(path).stat().st_mode & 0o077 == 0
    assert "kube-system" in lab.kubectl("get", "namespaces", "-o", "name")


def test_secrets_are_encrypted_at_rest_and_access_is_audited(lab: Lab) -> None:
    lab.kubectl("-n", "default", "create", "secret", "generic", "at-rest", "--from-literal=word=plain-text-word")
    pki = "/etc/kubernetes/pki/etcd"
    flags = f"--cacert {pki}/ca.crt --cert {pki}/healthcheck-client.crt --key {pki}/healthcheck-client.key"
    get = f"etcdctl --endpoints https://127.0.0.1:2379 {flags} get /registry/secrets/default/at-rest --print-value-only"
    stored = lab.ssh("10.91.0.11", f"nsenter -t $(pgrep -x etcd) -m -- /usr/local/bin/{get} | base64 -w0")
    raw = base64.b64decode(stored)
    assert raw.startswith(b"k8s:enc:secretbox:v1:key1:")
    assert b"plain-text-word" not in raw
    audit = lab.ssh("10.91.0.11", "grep at-rest /var/log/kubernetes/audit.log | head -1")
    event = json.loads(audit)
    assert event["objectRef"]["resource"] == "secrets"
    assert "plain-text-word" not in audit
