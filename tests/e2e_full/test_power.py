"""The power of nodes fails and comes back, somebody changes the platform by hand: it is seen, and nothing is lost."""

import json
from pathlib import Path

import pytest

from govcloud_api.policy import environment_namespace
from support import probe
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
SPACE = environment_namespace("civil", "archive", "sandbox")
_LINE = "written before the power failed"


def _ready(lab: Lab, node: str) -> bool:
    conditions = lab.get("node", node)["status"]["conditions"]
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


@pytest.fixture(scope="module")
def lab(deployed: Lab) -> Lab:
    return deployed


@pytest.fixture(scope="module")
def archive(lab: Lab) -> Path:
    """An environment with a volume on worker w1 that holds a line."""
    civil = lab.member("civil", "carl")
    wish = ["--product", "archive", "--purpose", "sandbox", "--why", "keep a line"]
    lab.govcloud("env", "request", str(lab.site), "--kubeconfig", str(civil), *wish, "--wait")
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    lab.kubectl("-n", SPACE, "apply", "-f", "-", kubeconfig=civil, given=json.dumps(claim))
    _run(lab, "write", f"echo {_LINE} > /disk/line && sync /disk/line", node="w1")
    return civil


def _run(lab: Lab, name: str, script: str, node: str | None = None) -> str:
    pod = probe.pod(name, [])
    container = pod["spec"]["containers"][0]
    container |= {"image": probe.IMAGE.replace("netprobe:0.1.0", "busybox:1"), "command": ["sh", "-c", script]}
    del container["args"]
    container["volumeMounts"] = [{"name": "disk", "mountPath": "/disk"}]
    pod["spec"]["volumes"] = [{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]
    pod["spec"]["securityContext"] = {"fsGroup": 65532}
    if node:
        pod["spec"]["nodeSelector"] = {"kubernetes.io/hostname": node}
    phase, said = probe.run(lab, SPACE, pod, seconds=90)
    assert phase == "Succeeded", said
    return said


@pytest.fixture(scope="module")
def seen(lab: Lab, archive: Path) -> str:
    """What a plan says while worker w1 has no power and somebody has changed the platform."""
    lab.cut_power("w1")
    lab.kubectl("-n", "govcloud-system", "scale", "deployment/isolation-canary", "--replicas=0")
    eventually(lambda: not _ready(lab, "w1"), 60, "the cluster sees that w1 is gone")
    assert "NodesReady" in lab.govcloud("status", str(lab.site), code=6)
    return lab.govcloud("plan", "--detailed-exitcode", str(lab.site), code=7)


def test_a_worker_without_power_and_a_changed_platform_are_seen(seen: str) -> None:
    assert "Machine w1 (power)" in seen
    assert "isolation-canary" in seen


def test_when_the_control_plane_loses_power_too_one_deploy_brings_all_of_it_back(
    lab: Lab, archive: Path, seen: str
) -> None:
    before = {item["metadata"]["uid"] for item in lab.get("environments.govcloud.internal", "-A")["items"]}
    assert before
    lab.kubectl("-n", "default", "create", "configmap", "acknowledged", "--from-literal=line=kept")
    lab.cut_power("cp1")
    lab.govcloud("deploy", str(lab.site))
    assert lab.get("configmap", "acknowledged", "-n", "default")["data"] == {"line": "kept"}
    after = {item["metadata"]["uid"] for item in lab.get("environments.govcloud.internal", "-A")["items"]}
    assert after == before
    assert lab.get("deployment", "isolation-canary", "-n", "govcloud-system")["spec"]["replicas"] == 1
    status = lab.govcloud("env", "status", "archive-sandbox", str(lab.site), "--kubeconfig", str(archive))
    assert "phase: Ready" in status
    eventually(lambda: _ready(lab, "w1"), 60, "w1 is ready again")
    assert _run(lab, "read", "cat /disk/line") == _LINE
