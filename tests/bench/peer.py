"""The same work done otherwise: kubeadm by hand, and the playbooks as Ansible runs them when nobody tunes it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from tests.bench.figure import Figure, figure
from tests.support.lab import ONE, Lab

_NODES = {name: f"{ONE.network}.0.{number}" for name, number in (("cp1", 11), ("w1", 12), ("w2", 13))}
_UNTUNED = {
    "GOVCLOUD_MITOGEN": "0",
    "ANSIBLE_PIPELINING": "false",
    "ANSIBLE_FORKS": "5",
    "ANSIBLE_GATHERING": "implicit",
}
_FORGET = (
    "kubeadm reset --force >/dev/null 2>&1; rm -rf /etc/cni/net.d /var/lib/etcd /etc/kubernetes/kubeadm-applied.yaml; "
    "ip link delete cilium_vxlan 2>/dev/null; ip link delete cilium_host 2>/dev/null; systemctl restart containerd"
)
_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


def ansible_defaults(lab: Lab) -> Iterator[Figure]:
    """A run that changes nothing, with and without what we tuned."""
    lab.govcloud("deploy", str(lab.site))
    tuned = _phase_seconds(lab, "cluster")
    plain = replace(lab, environment={**lab.environment, **_UNTUNED})
    plain.govcloud("deploy", str(lab.site))
    untuned = _phase_seconds(lab, "cluster")
    how = f"phase cluster, nothing to do: {untuned:.0f} s with Ansible's defaults, {tuned:.0f} s as we run it"
    yield figure("playbooks: Ansible's defaults / ours", untuned / tuned, "times", 0, how)


def by_hand(lab: Lab) -> Iterator[Figure]:
    """`kubeadm init` and `join` on the same machines, images at hand, against our phase `cluster`."""
    _on_all(lab, _FORGET)
    hand = _kubeadm(lab)
    _on_all(lab, _FORGET)
    lab.govcloud("deploy", str(lab.site))
    ours = _phase_seconds(lab, "cluster")
    how = (
        f"{hand:.0f} s with kubeadm and kubectl by hand until nodes, network and DNS run; {ours:.0f} s in our phase "
        "cluster, which also hardens, verifies and adds storage, metrics and snapshots"
    )
    yield figure("cluster: ours / kubeadm by hand", ours / hand, "times", 0, how)


def _kubeadm(lab: Lab) -> float:
    began = time.monotonic()
    first = _NODES["cp1"]
    lab.ssh(first, "kubeadm init --config /etc/kubernetes/kubeadm.yaml --ignore-preflight-errors=all")
    manifest = lab.ssh(first, "cat /etc/govcloud/manifests/cilium.yaml")
    filled = manifest.replace("@API_HOST@", first).replace("@API_PORT@", "6443")
    lab.ssh(first, f"cat > /run/cilium.yaml <<'END'\n{filled}\nEND\n{_KUBECTL} apply --server-side -f /run/cilium.yaml")
    join = lab.ssh(first, "kubeadm token create --print-join-command").strip()
    with ThreadPoolExecutor() as pool:
        workers = [address for name, address in _NODES.items() if name != "cp1"]
        list(pool.map(lambda address: lab.ssh(address, f"{join} --ignore-preflight-errors=all"), workers))
    lab.ssh(first, f"until [ $({_KUBECTL} get nodes --no-headers | wc -l) = 3 ]; do sleep 0.5; done")
    lab.ssh(first, f"{_KUBECTL} wait --for=condition=Ready node --all --timeout=300s")
    lab.ssh(first, f"{_KUBECTL} -n kube-system rollout status daemonset/cilium --timeout=300s")
    lab.ssh(first, f"{_KUBECTL} -n kube-system rollout status deployment/coredns --timeout=300s")
    return time.monotonic() - began


def _on_all(lab: Lab, command: str) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda address: lab.ssh(address, command), _NODES.values()))


def _phase_seconds(lab: Lab, phase: str) -> float:
    """How long a phase of the last run took, from its event log."""
    logs = sorted((lab.folder / "state" / lab.name / "logs").glob("*.ndjson"))
    events = [json.loads(line) for line in logs[-1].read_text().splitlines()]
    times = [datetime.fromisoformat(item["time"]) for item in events if item["phase"] == phase]
    return (times[-1] - times[0]).total_seconds()
