"""Pods of a tenant that try to reach something, with the bundle's netprobe image, under PSA restricted."""

import json
import time
from pathlib import Path
from typing import Any

from govcloud_infra.components.manifests import REGISTRY
from support.lab import Lab, eventually

IMAGE = f"{REGISTRY}/netprobe:0.1.0"
_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(name: str, arguments: list[str], labels: dict[str, str] | None = None) -> dict[str, Any]:
    """A pod that runs netprobe once, or serves for ever."""
    container = {"name": "probe", "image": IMAGE, "args": arguments, "securityContext": _SECURITY}
    spec = {"containers": [container], "restartPolicy": "Never", "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def serve(lab: Lab, namespace: str, kubeconfig: Path) -> str:
    """A server `web` on port 8080 with a Service of the same name; returns the pod's address."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080}]},
    }
    server = pod("web", ["serve", "--listen", ":8080"], {"app": "web"})
    for item in (service, server):
        lab.kubectl("-n", namespace, "apply", "-f", "-", kubeconfig=kubeconfig, given=json.dumps(item))
    lab.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", "--timeout=60s", kubeconfig=kubeconfig)
    return str(lab.get("pod", "web", "-n", namespace, kubeconfig=kubeconfig)["status"]["podIP"])


def run(
    lab: Lab, namespace: str, made: dict[str, Any], *, kubeconfig: Path | None = None, seconds: float = 60
) -> tuple[str, str]:
    """Phase and output of a pod that runs to its end within so many seconds."""
    name = made["metadata"]["name"]
    lab.kubectl("-n", namespace, "apply", "-f", "-", kubeconfig=kubeconfig, given=json.dumps(made))

    def ended() -> str:
        phase = lab.get("pod", name, "-n", namespace, kubeconfig=kubeconfig)["status"]["phase"]
        return phase if phase in ("Succeeded", "Failed") else ""

    phase = eventually(ended, seconds, f"pod {name} ends")
    return phase, lab.kubectl("-n", namespace, "logs", name, kubeconfig=kubeconfig).strip()


def check(lab: Lab, namespace: str, kubeconfig: Path, *targets: str) -> dict[str, bool]:
    """What a pod in `namespace` can do: target (`--allow dns:NAME`, `--deny tcp:HOST:PORT`) to as expected or not."""
    name = f"check-{time.time_ns()}"
    arguments = ["check", *[word for target in targets for word in target.split(" ", 1)]]
    lab.kubectl("-n", namespace, "apply", "-f", "-", kubeconfig=kubeconfig, given=json.dumps(pod(name, arguments)))

    def message() -> str:
        found = lab.get("pod", name, "-n", namespace, kubeconfig=kubeconfig)
        states = found["status"].get("containerStatuses") or [{}]
        return str(states[0].get("state", {}).get("terminated", {}).get("message", ""))

    results = json.loads(eventually(message, 60, f"pod {name} ends"))["results"]
    return {f"--{item['expect']} {item['target']}": bool(item["ok"]) for item in results}
