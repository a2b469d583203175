#!/usr/bin/python
"""Ansible module: the control plane's programs run with the settings that kubeadm's file states."""

DOCUMENTATION = r"""
module: control_plane_settings
short_description: The control plane's programs run with the settings that kubeadm's file states
description:
  - Compares the wished file with the one that was applied last, writes the static pods anew when they differ,
    waits for the API server to come back with them, and notes the file as applied.
options:
  wished:
    description: Configuration for kubeadm.
    type: path
    required: true
  applied:
    description: The copy that was applied last.
    type: path
    required: true
  server:
    description: URL of this machine's own API server.
    type: str
    required: true
  timeout_seconds:
    description: How long the API server may take.
    type: int
    default: 180
"""

EXAMPLES = r"""
- name: Take over settings
  control_plane_settings:
    wished: /etc/kubernetes/kubeadm.yaml
    applied: /etc/kubernetes/kubeadm-applied.yaml
    server: https://10.77.0.11:6443
"""

RETURN = r"""
taken_over:
  description: Whether the programs were started with other settings.
  type: bool
  returned: always
"""

import json
import shutil
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

MANIFEST = Path("/etc/kubernetes/manifests/kube-apiserver.yaml")
KUBECONFIG = "/etc/kubernetes/admin.conf"


def differs(wished: Path, applied: Path) -> bool:
    """Is there something to take over?"""
    return not applied.exists() or wished.read_bytes() != applied.read_bytes()


def generation(pods: str, node: str) -> str | None:
    """Which manifest the running API server of `node` was made from: the kubelet's hash of it."""
    for item in json.loads(pods).get("items", []):
        if item.get("spec", {}).get("nodeName") == node:
            return str(item["metadata"].get("annotations", {}).get("kubernetes.io/config.hash"))
    return None


def apply(module: AnsibleModule) -> None:
    """Write the static pods anew, wait, and tell kubeadm what holds from now on."""
    wished = module.params["wished"]
    before = running(module)
    manifest = MANIFEST.read_bytes() if MANIFEST.exists() else b""
    module.run_command(["kubeadm", "init", "phase", "control-plane", "all", "--config", wished], check_rc=True)
    if MANIFEST.read_bytes() != manifest:
        wait(module, before)
    module.run_command(["kubeadm", "init", "phase", "upload-config", "kubeadm", "--config", wished], check_rc=True)
    unfinished = Path(f"{module.params['applied']}.new")
    shutil.copy2(wished, unfinished)
    unfinished.replace(module.params["applied"])


def wait(module: AnsibleModule, before: str | None) -> None:
    """Until another API server than `before` is ready."""
    deadline = time.monotonic() + module.params["timeout_seconds"]
    while running(module) in (before, None) or not ready(module):
        if time.monotonic() > deadline:
            module.fail_json(msg="the API server does not come back with the new settings; see /var/log/pods there")
        time.sleep(2)


def running(module: AnsibleModule) -> str | None:
    """Generation of the API server that runs here now; None when it cannot be asked."""
    query = ["get", "pods", "--namespace", "kube-system", "--selector", "component=kube-apiserver", "--output", "json"]
    code, out, _ = module.run_command([*kubectl(module), *query])
    return generation(out, Path("/etc/hostname").read_text().strip()) if code == 0 else None


def ready(module: AnsibleModule) -> bool:
    """Does the API server say that it is ready?"""
    return bool(module.run_command([*kubectl(module), "get", "--raw", "/readyz"])[0] == 0)


def kubectl(module: AnsibleModule) -> list[str]:
    """This machine's own API server, whoever holds the virtual address."""
    return ["kubectl", "--kubeconfig", KUBECONFIG, "--server", module.params["server"]]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wished": {"type": "path", "required": True},
            "applied": {"type": "path", "required": True},
            "server": {"type": "str", "required": True},
            "timeout_seconds": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    changed = differs(Path(module.params["wished"]), Path(module.params["applied"]))
    if changed and not module.check_mode:
        apply(module)
    module.exit_json(changed=changed, taken_over=changed and not module.check_mode)


if __name__ == "__main__":
    main()
