"""The tax office asks for an environment and uses it; another department cannot touch it."""

import json
from pathlib import Path

import pytest

from support import probe
from support.lab import Lab, eventually
from support.sandboxes import HEALTH, TAX

pytestmark = pytest.mark.e2e


def test_an_approved_request_is_ready_within_15_seconds(environments: dict[str, float]) -> None:
    assert max(environments.values()) <= 15, environments


def test_the_owner_sees_it(lab: Lab, tax: Path, environments: dict[str, float]) -> None:
    listed = json.loads(lab.govcloud("env", "ls", str(lab.site), "--kubeconfig", str(tax), "-o", "json"))
    assert {item["metadata"]["name"] for item in listed if item["kind"] == "Environment"} == {"forms-sandbox"}
    shown = lab.govcloud("env", "status", "forms-sandbox", str(lab.site), "--kubeconfig", str(tax))
    assert "NetworkIsolated   True" in shown


def test_isolation_stands_in_the_cluster(lab: Lab, environments: dict[str, float]) -> None:
    labels = lab.get("namespace", TAX)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for kind in ("resourcequota", "limitrange", "networkpolicy", "rolebinding"):
        assert lab.get(kind, "-n", TAX)["items"], kind


def test_a_pod_reaches_dns_and_its_own_service_only(
    lab: Lab, tax: Path, health: Path, environments: dict[str, float]
) -> None:
    other = probe.serve(lab, HEALTH, health)
    probe.serve(lab, TAX, tax)
    targets = [
        "--allow dns:kubernetes.default.svc.cluster.local",
        f"--allow tcp:web.{TAX}.svc.cluster.local:8080",
        f"--deny tcp:{other}:8080",
        f"--deny tcp:web.{HEALTH}.svc.cluster.local:8080",
        "--deny tcp:kubernetes.default.svc.cluster.local:443",
        "--deny tcp:10.91.0.1:22",
        "--deny tcp:10.91.0.11:6443",
        "--deny tcp:10.91.0.11:5000",
        "--deny tcp:10.91.0.12:10250",
        "--deny tcp:10.91.0.12:30090",
        "--deny tcp:10.91.0.12:30093",
        "--deny tcp:10.91.0.12:9100",
    ]
    assert probe.check(lab, TAX, tax, *targets) == dict.fromkeys(targets, True)


def test_another_department_is_refused(lab: Lab, tax: Path, health: Path, environments: dict[str, float]) -> None:
    mine = lab.get("pod", "web", "-n", TAX, kubeconfig=tax)["status"]["podIP"]
    target = f"--deny tcp:{mine}:8080"
    assert probe.check(lab, HEALTH, health, target) == {target: True}
    reads = [
        ("pods", HEALTH),
        ("secrets", HEALTH),
        ("environments.govcloud.internal", "dept-health"),
        ("environmentrequests.govcloud.internal", "dept-health"),
        ("secrets", "kube-system"),
        ("pods", "govcloud-system"),
    ]
    for resource, namespace in reads:
        done = lab.try_kubectl("get", resource, "-n", namespace, kubeconfig=tax)
        assert "Forbidden" in done.stderr, (resource, namespace, done.stdout)


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        ("delete", "networkpolicies.networking.k8s.io", TAX),
        ("update", "resourcequotas", TAX),
        ("create", "rolebindings.rbac.authorization.k8s.io", TAX),
        ("create", "environments.govcloud.internal", "dept-tax"),
        ("update", "environments.govcloud.internal/status", "dept-tax"),
        ("patch", "namespaces", ""),
        ("create", "nodes/proxy", ""),
        ("create", "departments.govcloud.internal", ""),
    ],
)
def test_an_owner_may_not(
    lab: Lab, tax: Path, environments: dict[str, float], verb: str, resource: str, namespace: str
) -> None:
    where = ["-n", namespace] if namespace else []
    done = lab.try_kubectl("auth", "can-i", verb, resource, *where, kubeconfig=tax)
    assert done.stdout.strip() == "no"


def test_a_privileged_pod_and_a_node_port_are_refused(lab: Lab, tax: Path, environments: dict[str, float]) -> None:
    privileged = probe.pod("bad", ["serve"])
    privileged["spec"]["hostNetwork"] = True
    port = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "open"},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 8080}]},
    }
    for item in (privileged, port):
        done = lab.try_kubectl("-n", TAX, "apply", "-f", "-", kubeconfig=tax, given=json.dumps(item))
        assert done.returncode != 0, item
    assert lab.try_kubectl("get", "service", "open", "-n", TAX).returncode != 0


def test_what_needs_a_person_waits_with_the_reason(lab: Lab, tax: Path) -> None:
    wish = ["--product", "books", "--purpose", "production", "--why", "the ledger goes live"]
    out = lab.govcloud("env", "request", str(lab.site), "--kubeconfig", str(tax), *wish, "--wait", "-o", "json", code=6)
    request = json.loads(out)
    assert request["status"]["phase"] == "PolicyChecked"
    assert [r["rule"] for r in request["status"]["policyResults"] if not r["pass"]]
    assert lab.try_kubectl("get", "namespace", "tax-books-prod").returncode != 0


def test_a_sandbox_beyond_the_quota_waits_too(lab: Lab, tax: Path) -> None:
    wish = ["--product", "huge", "--purpose", "sandbox", "--size", "large", "--why", "a load test"]
    out = lab.govcloud("env", "request", str(lab.site), "--kubeconfig", str(tax), *wish, "--wait", "-o", "json", code=6)
    assert "quota" in " ".join(r["rule"] for r in json.loads(out)["status"]["policyResults"] if not r["pass"])


def test_drift_is_repaired_within_a_minute(lab: Lab, environments: dict[str, float]) -> None:
    lab.kubectl("-n", TAX, "delete", "networkpolicy,resourcequota,limitrange", "--all")
    for kind in ("networkpolicy", "resourcequota", "limitrange"):
        eventually(lambda kind=kind: lab.get(kind, "-n", TAX)["items"], 60, f"{kind} is back")
