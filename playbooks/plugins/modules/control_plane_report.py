#!/usr/bin/python
"""Ansible module: is this control plane what it should be? Looks at the world, changes nothing, returns no secret."""

DOCUMENTATION = r"""
module: control_plane_report
short_description: Is this control plane what it should be?
description:
  - Looks at the members of etcd, at how Secrets really lie there, at certificates, snapshots and the audit log.
options:
  etcd_endpoint:
    description: Client URL of the local member.
    type: str
    default: https://127.0.0.1:2379
  etcd_login:
    description: Files C(cacert), C(cert) and C(key) of a client of etcd. None for a member without TLS.
    type: dict
    default: {}
  etcdctl:
    description: Program to ask it with.
    type: path
    default: /usr/local/bin/etcdctl
  kubernetes:
    description: Folder of kubeconfig files, with the certificates in C(pki).
    type: path
    default: /etc/kubernetes
  kubelet_pki:
    description: Folder of the kubelet's certificates.
    type: path
    default: /var/lib/kubelet/pki
  snapshots:
    description: Folder of etcd's snapshots.
    type: path
    required: true
  audit_log:
    description: Log of this machine's API server.
    type: path
    required: true
  api_server:
    description: URL of this machine's API server.
    type: str
    default: https://127.0.0.1:6443
"""

EXAMPLES = r"""
- name: Look at the control plane
  control_plane_report:
    snapshots: /var/lib/govcloud/etcd-snapshots
    audit_log: /var/log/kubernetes/audit.log
"""

RETURN = r"""
report:
  description: C(etcd), C(certificates) in days left, C(snapshot), C(encryption) and C(audit).
  type: dict
  returned: always
faults:
  description: What must not be, one sentence each.
  type: list
  returned: always
"""

import base64
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

ENCRYPTED = b"k8s:enc:secretbox:v1:"
# Kinds that are encrypted; there is a ConfigMap in every cluster.
KINDS = ("secrets", "configmaps")
_SAMPLE = 10
_AUDIT_SECONDS = 5.0
_AUDITED = "/api/v1/namespaces/kube-system"


def members(listed: dict, health: list) -> list[dict]:
    """Members of etcd with their health; a member that never started has no address and is not healthy."""
    good = {item["endpoint"] for item in health if item.get("health")}
    return [
        {
            "name": item.get("name", ""),
            "id": f"{item['ID']:x}",
            "is_learner": bool(item.get("isLearner")),
            "healthy": bool(good & set(item.get("clientURLs") or [])),
        }
        for item in listed["members"]
    ]


def etcd_report(found: list[dict]) -> dict:
    """Members and how many of them vote, and are fit to."""
    voters = [item for item in found if not item["is_learner"]]
    return {"members": found, "voters": len(voters), "healthy": sum(item["healthy"] for item in voters)}


def all_encrypted(values: list[bytes]) -> bool:
    """Does every value begin as ciphertext does? None to look at is no proof."""
    return bool(values) and all(value.startswith(ENCRYPTED) for value in values)


def days_left(end_date: str, now: float) -> float:
    """Of a certificate, from what `openssl x509 -enddate` prints; negative when it has expired."""
    return round((ssl.cert_time_to_seconds(end_date.strip().removeprefix("notAfter=")) - now) / 86400, 1)


def embedded(kubeconfig: str) -> str:
    """The client certificate in a kubeconfig file, PEM; empty when it names a file instead."""
    found = re.search(r"client-certificate-data:\s*(\S+)", kubeconfig)
    return base64.b64decode(found[1]).decode() if found else ""


def certificates(kubernetes: Path, kubelet: Path) -> Iterator[tuple[str, str]]:
    """(name, PEM) of every certificate that a control plane needs."""
    pki = kubernetes / "pki"
    for file in sorted(pki.rglob("*.crt")):
        yield str(file.relative_to(pki).with_suffix("")), file.read_text()
    for side in ("client", "server"):
        if (file := kubelet / f"kubelet-{side}-current.pem").exists():
            yield f"kubelet-{side}", file.read_text()
    for file in sorted(kubernetes.glob("*.conf")):
        if pem := embedded(file.read_text()):
            yield file.name, pem


def newest_snapshot(folder: Path, now: float) -> dict:
    """Name and age of the newest snapshot."""
    found = sorted(folder.glob("snapshot-*.db"), key=lambda file: (file.stat().st_mtime, file.name))
    if not found:
        return {"age_seconds": None, "file": None}
    return {"age_seconds": round(max(now - found[-1].stat().st_mtime, 0.0), 1), "file": found[-1].name}


def extent(file: Path) -> tuple[int, int]:
    """What differs once something was written to a log, also when it was rotated."""
    return (file.stat().st_ino, file.stat().st_size) if file.exists() else (0, 0)


def grows(file: Path, ask: Callable[[], bool], seconds: float = _AUDIT_SECONDS) -> bool:
    """Is a request that `ask` makes written to the log?"""
    before, deadline = extent(file), time.monotonic() + seconds
    if not ask():
        return False
    while extent(file) == before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def faults(report: dict) -> Iterator[str]:
    """What must not be, whatever else there is."""
    etcd = report["etcd"]
    bad = [item["name"] or item["id"] for item in etcd["members"] if not item["healthy"] and not item["is_learner"]]
    if bad:
        advice = f"look at {', '.join(bad)}: is the machine on, its disk full?"
        yield f"only {etcd['healthy']} of {etcd['voters']} voting members of etcd are healthy; {advice}"
    if not etcd["members"]:
        yield "etcd does not answer on this machine; look at /var/log/pods/kube-system_etcd-*"
    if not report.get("encryption", {}).get("secretbox", not etcd["members"]):
        yield "Secrets or ConfigMaps lie in etcd unencrypted; look at /etc/kubernetes/encryption and write them anew"


class ControlPlane:
    """What the machine's programs say."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        params = module.params
        login = [f"--{option}={file}" for option, file in params["etcd_login"].items()]
        self.etcdctl = [params["etcdctl"], f"--endpoints={params['etcd_endpoint']}", "--write-out=json", *login]

    def run(self, words: list[str], data: str | None = None) -> tuple[int, str]:
        """(exit code, output) of a program; one that is not there fails as any other does."""
        try:
            code, out, _ = self.module.run_command(words, data=data, handle_exceptions=False)
        except OSError:
            return 127, ""
        return code, out

    def etcd(self) -> dict:
        """From the local member's own list: it is there also when etcd has lost its majority."""
        code, listed = self.run([*self.etcdctl, "member", "list", "--consistency=s"])
        if code:
            return etcd_report([])
        # Its exit code says only that one of them is not healthy.
        _, health = self.run([*self.etcdctl, "endpoint", "health", "--cluster"])
        return etcd_report(members(json.loads(listed), json.loads(health or "[]")))

    def encryption(self) -> dict:
        """Do Secrets and ConfigMaps really lie in etcd encrypted? What is read stays here; no answer, no word."""
        values = []
        for kind in KINDS:
            words = ["get", f"/registry/{kind}/", "--prefix", f"--limit={_SAMPLE}", "--consistency=s"]
            code, out = self.run([*self.etcdctl, *words])
            if code:
                return {}
            values += [base64.b64decode(item["value"]) for item in json.loads(out).get("kvs", [])]
        return {"encryption": {"secretbox": all_encrypted(values)}}

    def days(self, pem: str, now: float) -> float:
        """Days that a certificate is good for; none for one that cannot be read."""
        code, out = self.run(["openssl", "x509", "-noout", "-enddate"], data=pem)
        return 0.0 if code else days_left(out, now)

    def ask(self) -> bool:
        """One request, worth a record, of this machine's own API server."""
        where = ["--server", self.module.params["api_server"], "--tls-server-name=kubernetes"]
        kubeconfig = f"{self.module.params['kubernetes']}/admin.conf"
        code, _ = self.run(["kubectl", "--kubeconfig", kubeconfig, *where, "get", "--raw", _AUDITED])
        return code == 0


def report(plane: ControlPlane, params: dict, now: float) -> dict:
    """Everything that is looked at."""
    found = certificates(Path(params["kubernetes"]), Path(params["kubelet_pki"]))
    etcd = plane.etcd()
    return {
        "etcd": etcd,
        "certificates": {name: plane.days(pem, now) for name, pem in found},
        "snapshot": newest_snapshot(Path(params["snapshots"]), now),
        **(plane.encryption() if etcd["members"] else {}),
        "audit": {"written": grows(Path(params["audit_log"]), plane.ask)},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "etcd_endpoint": {"type": "str", "default": "https://127.0.0.1:2379"},
            "etcd_login": {"type": "dict", "default": {}},
            "etcdctl": {"type": "path", "default": "/usr/local/bin/etcdctl"},
            "kubernetes": {"type": "path", "default": "/etc/kubernetes"},
            "kubelet_pki": {"type": "path", "default": "/var/lib/kubelet/pki"},
            "snapshots": {"type": "path", "required": True},
            "audit_log": {"type": "path", "required": True},
            "api_server": {"type": "str", "default": "https://127.0.0.1:6443"},
        },
        supports_check_mode=True,
    )
    found = report(ControlPlane(module), module.params, time.time())
    module.exit_json(changed=False, report=found, faults=list(faults(found)))


if __name__ == "__main__":
    main()
