"""A pod that takes what it is told to: processor time, memory and disk, all the time the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from govcloud_infra.components.manifests import REGISTRY
from support import probe
from support.lab import Lab

IMAGE = f"{REGISTRY}/govcloud:0.1.0"
_PROGRAM = """
import os, sys
memory_mib, disk_mib = int(sys.argv[1]), int(sys.argv[2])
held = bytearray(os.urandom(1 << 20)) * memory_mib
with open("/data/held", "wb") as file:
    for _ in range(disk_mib):
        file.write(os.urandom(1 << 20))
    file.flush()
    os.fsync(file.fileno())
open("/tmp/ready", "w").close()
while True:
    pass
"""


def start(
    lab: Lab, namespace: str, kubeconfig: Path, *, cpu_milli: int, memory_mib: int, disk_mib: int, name: str = "load"
) -> str:
    """Start it and wait until it holds everything; its processor is limited to `cpu_milli`. Returns the pod's UID."""
    for item in (_claim(name), _pod(name, cpu_milli, memory_mib, disk_mib)):
        lab.kubectl("-n", namespace, "apply", "-f", "-", kubeconfig=kubeconfig, given=json.dumps(item))
    wait = ["wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s"]
    lab.kubectl("-n", namespace, *wait, kubeconfig=kubeconfig)
    return str(lab.get("pod", name, "-n", namespace, kubeconfig=kubeconfig)["metadata"]["uid"])


def reserve(lab: Lab, namespace: str, kubeconfig: Path, cpu_milli: int, name: str = "reserve") -> None:
    """A pod that reserves so much of the processor and uses next to nothing."""
    made = probe.pod(name, ["serve", "--listen", ":8080"])
    amounts = {"cpu": f"{cpu_milli}m", "memory": "16Mi"}
    made["spec"]["containers"][0]["resources"] = {"requests": amounts, "limits": amounts}
    lab.kubectl("-n", namespace, "apply", "-f", "-", kubeconfig=kubeconfig, given=json.dumps(made))
    wait = ["wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s"]
    lab.kubectl("-n", namespace, *wait, kubeconfig=kubeconfig)


def _claim(name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def _pod(name: str, cpu_milli: int, memory_mib: int, disk_mib: int) -> dict[str, Any]:
    made = probe.pod(name, [])
    container = made["spec"]["containers"][0]
    amounts = {"cpu": f"{cpu_milli}m", "memory": f"{memory_mib + 128}Mi"}
    container |= {
        "image": IMAGE,
        "command": ["python3", "-c", _PROGRAM, str(memory_mib), str(disk_mib)],
        "resources": {"requests": amounts, "limits": amounts},
        "readinessProbe": {"exec": {"command": ["python3", "-c", "open('/tmp/ready')"]}, "periodSeconds": 3},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    container.pop("args")
    made["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]
    made["spec"]["securityContext"] = {"fsGroup": 65532}
    return made
