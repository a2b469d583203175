#!/usr/bin/python
"""Ansible module: approve the kubelets' serving certificates, for machines of the inventory only."""

DOCUMENTATION = r"""
module: kubelet_certificates
short_description: Approve the kubelets' serving certificates, for machines of the inventory only
description:
  - A request is approved when its requester, subject and every alternative name are those of one machine.
  - Waits until each machine has a certificate.
options:
  nodes:
    description: Node name to address.
    type: dict
    required: true
  timeout_seconds:
    description: How long to wait for the last request.
    type: int
    default: 120
  kubeconfig:
    description: Credentials.
    type: path
    default: /etc/kubernetes/admin.conf
"""

EXAMPLES = r"""
- name: Approve
  kubelet_certificates:
    nodes: {w1: 10.77.0.12}
"""

RETURN = r"""
approved:
  description: Names of the requests that were approved.
  type: list
  returned: always
"""

import base64
import json
import re
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

SIGNER = "kubernetes.io/kubelet-serving"


def refusal(username: str, subject: str, names: list[str], node: str, address: str) -> str:
    """Why a request is not `node`'s own; empty when it is. `names` like `DNS:w1` or `IP Address:10.77.0.12`."""
    if username != f"system:node:{node}":
        return f"requested by {username}"
    if sorted(re.split(r"[,+]", subject.replace(" ", ""))) != [f"CN=system:node:{node}", "O=system:nodes"]:
        return f"subject is {subject}"
    allowed = {f"DNS:{node}", f"IP Address:{address}"}
    foreign = sorted(set(names) - allowed)
    if foreign:
        return f"names {', '.join(foreign)}"
    return "" if f"IP Address:{address}" in names else "its address is missing"


class Requests:
    """The cluster's certificate requests, through kubectl and openssl."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.kubectl = ["kubectl", "--kubeconfig", module.params["kubeconfig"]]

    def all(self) -> list[dict[str, Any]]:
        """Every request for a serving certificate."""
        out = self._run([*self.kubectl, "get", "csr", "-o", "json"])
        return [item for item in json.loads(out)["items"] if item["spec"]["signerName"] == SIGNER]

    def content(self, request: dict[str, Any]) -> tuple[str, list[str]]:
        """Subject, and the list of alternative names."""
        pem = base64.b64decode(request["spec"]["request"]).decode()
        command = ["openssl", "req", "-noout", "-subject", "-nameopt", "RFC2253", "-text"]
        text = self._run(command, data=pem)
        subject = re.search(r"^subject=(.*)$", text, re.MULTILINE)
        names = re.search(r"Subject Alternative Name:[^\n]*\n\s*(.*)", text)
        return subject[1] if subject else "", [name.strip() for name in names[1].split(",")] if names else []

    def approve(self, name: str) -> None:
        """Let the cluster sign it."""
        self._run([*self.kubectl, "certificate", "approve", name])

    def _run(self, command: list[str], data: str | None = None) -> str:
        code, out, err = self.module.run_command(command, data=data)
        if code:
            self.module.fail_json(msg=f"`{' '.join(command[:4])}` failed: {err.strip()[-400:]}")
        return out


def look(requests: Requests, node: str, address: str) -> tuple[str, str]:
    """('ready' | 'waiting' | 'approved', request name or reason) for one node."""
    own = [item for item in requests.all() if item["spec"]["username"] == f"system:node:{node}"]
    # kube-controller-manager forgets old requests; a kubelet that serves with a signed certificate needs none.
    open_requests = [item for item in own if not item.get("status", {}).get("conditions")]
    for item in open_requests:
        subject, names = requests.content(item)
        reason = refusal(item["spec"]["username"], subject, names, node, address)
        if reason:
            text = f"certificate request {item['metadata']['name']} of {node} refused: {reason}"
            requests.module.fail_json(msg=text)
        requests.approve(item["metadata"]["name"])
        return "approved", item["metadata"]["name"]
    issued = [item for item in own if item.get("status", {}).get("certificate")]
    return ("ready", "") if issued or serves(requests, node) else ("waiting", f"no request of {node} yet")


def serves(requests: Requests, node: str) -> bool:
    """Does the kubelet answer the API server, which trusts the cluster's authority only?"""
    path = f"/api/v1/nodes/{node}/proxy/healthz"
    code, _, _ = requests.module.run_command([*requests.kubectl, "get", "--raw", path])
    return bool(code == 0)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "nodes": {"type": "dict", "required": True},
            "timeout_seconds": {"type": "int", "default": 120},
            "kubeconfig": {"type": "path", "default": "/etc/kubernetes/admin.conf"},
        }
    )
    requests, approved = Requests(module), []
    waiting = dict(module.params["nodes"])
    deadline = time.time() + module.params["timeout_seconds"]
    while waiting:
        for node, address in sorted(waiting.items()):
            state, text = look(requests, node, address)
            if state == "approved":
                approved.append(text)
            elif state == "ready":
                del waiting[node]
            elif time.time() > deadline:
                module.fail_json(msg=text + "; is the kubelet running there?")
        if waiting:
            time.sleep(1)
    module.exit_json(changed=bool(approved), approved=approved)


if __name__ == "__main__":
    main()
