"""Put the tenancy part of the platform into an API server, as the platform program does."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govcloud_api import conditions, errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, operator_page
from support.apiserver import ApiServer

OPERATORS = Path(__file__).parents[2] / "operators"
VERSION = "0.0.0-test"
NETWORKS = {"POD_CIDR": "10.78.0.0/16", "SERVICE_CIDR": "10.79.0.0/16", "NODE_CIDR": "10.77.0.0/24"}
PLACEHOLDERS = {"@VERSION@": VERSION} | {f"@{name}@": value for name, value in NETWORKS.items()}
SERVICE_ACCOUNT_GROUPS = ("system:serviceaccounts", f"system:serviceaccounts:{labels.SYSTEM_NAMESPACE}")


def objects() -> Iterator[Object]:
    """Everything in apply order: CRDs, namespace, admission, RBAC, workloads."""
    deploy = OPERATORS / "deploy"
    files = [
        *sorted((OPERATORS / "crds").glob("*.yaml")),
        deploy / "00-namespace.yaml",
        *sorted((deploy / "admission").glob("*.yaml")),
        *sorted(path for path in deploy.glob("*.yaml") if path.name != "00-namespace.yaml"),
    ]
    for path in files:
        text = path.read_text()
        for placeholder, value in PLACEHOLDERS.items():
            text = text.replace(placeholder, value)
        yield from (obj for obj in yaml.safe_load_all(text) if obj)


def install(server: ApiServer) -> None:
    """Apply everything and wait until the kinds are served and the policies refuse."""
    admin = server.admin()
    for obj in objects():
        admin.apply(obj, field_manager=labels.PLATFORM_FIELD_MANAGER)
    for kind in ("Department", "EnvironmentRequest", "Environment"):
        eventually(functools.partial(_is_served, admin, kind), f"{kind} is served")
    eventually(lambda: _refuses_forged_namespace(admin), "admission policies work")
    eventually(lambda: _stamps_requests(admin), "requests are stamped")


@contextmanager
def platform(
    folder: Path, *, controllers: Sequence[str] = apiserver.CONTROLLERS, audit: bool = False
) -> Iterator[ApiServer]:
    """An API server with everything of ours but the operator; its controllers start once our kinds are there."""
    with apiserver.running(folder, controllers=(), audit=audit) as server:
        install(server)
        with apiserver.controller_manager(server, controllers):
            yield server


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorProcess:
    """A running operator: its process, and the ports of its pages."""

    child: subprocess.Popen[bytes]
    server: ApiServer
    health_port: int
    page_port: int

    def health(self) -> str:
        """/healthz, empty while nobody answers."""
        return operator_page.health(self.health_port)

    def metrics(self) -> str:
        """/metrics as Prometheus reads it, empty while nobody answers."""
        return operator_page.scraped(self.server.admin(), self.page_port)


@contextmanager
def operator(
    server: ApiServer,
    log: Path,
    *,
    canary_address: str,
    identity: str = "",
    user: str = labels.OPERATOR_USER,
    kubeconfig: Path | None = None,
    resync_seconds: int = 2,
) -> Iterator[OperatorProcess]:
    """Run the operator as a process of its own, with its own rights and nothing of this environment.

    `kubeconfig`: where else it finds the API server.
    """
    health_port, page_port = apiserver.free_port(), apiserver.free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(kubeconfig or server.kubeconfig(user, *SERVICE_ACCOUNT_GROUPS)),
        "GOVCLOUD_IDENTITY": identity or f"test-{page_port}",
        "GOVCLOUD_VERSION": VERSION,
        "GOVCLOUD_PAGE_HOST": "127.0.0.1",
        "GOVCLOUD_HEALTH_PORT": str(health_port),
        "GOVCLOUD_PAGE_PORT": str(page_port),
        "GOVCLOUD_RESYNC_SECONDS": str(resync_seconds),
        "GOVCLOUD_CANARY_ADDRESS": canary_address,
        **{f"GOVCLOUD_{name}": value for name, value in NETWORKS.items()},
    }
    with apiserver.process([sys.executable, "-m", "govcloud_operators.main"], log, environ) as child:
        yield OperatorProcess(child=child, server=server, health_port=health_port, page_port=page_port)


@contextmanager
def steady_operator(server: ApiServer, canary_address: str) -> Iterator[Path]:
    """The log of an operator that must not end by itself."""
    log = server.folder / "operator.log"
    with operator(server, log, canary_address=canary_address) as process:
        yield log
        assert process.child.poll() is None, f"the operator ended by itself:\n{log.read_text()[-3000:]}"


def ready_department(admin: Cluster, code: str, **wanted: Any) -> str:
    """Have a department that is Ready; gives its home namespace."""
    admin.apply(department(code, **wanted), field_manager=labels.PLATFORM_FIELD_MANAGER)
    ref = Ref(labels.API_VERSION, "Department", code)
    eventually(lambda: is_ready(admin.get(ref)), f"department {code} is Ready", seconds=60)
    return labels.home_namespace(code)


def department(code: str, *, cpu: str = "8", subjects: list[dict[str, str]] | None = None) -> Object:
    """A Department with one owner group, room for eight small environments."""
    people = subjects or [{"kind": "Group", "name": f"{code}:owner", "role": "owner"}]
    spec: dict[str, Any] = {
        "code": code,
        "displayName": f"Department {code}",
        "quota": {"hard": {"cpu": cpu, "memory": "16Gi", "storage": "80Gi"}},
        "subjects": people,
    }
    return {"apiVersion": labels.API_VERSION, "kind": "Department", "metadata": {"name": code}, "spec": spec}


def request(home: str, name: str, **spec: Any) -> Object:
    """An EnvironmentRequest for a small sandbox unless said otherwise."""
    given = {"product": "portal", "purpose": "sandbox", "size": "small", "justification": {"why": "a test"}}
    return {
        "apiVersion": labels.API_VERSION,
        "kind": "EnvironmentRequest",
        "metadata": {"name": name, "namespace": home},
        "spec": given | spec,
    }


def eventually(look: Callable[[], Any], what: str, *, seconds: float = 90, pause_seconds: float = 0.1) -> Any:
    """The first true answer of `look`; fails after `seconds`. Errors of the API count as "not yet"."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = look()
        except errors.GovcloudError as error:
            last = error
        else:
            if last:
                return last
        time.sleep(pause_seconds)  # real processes take their own time
    raise AssertionError(f"{what}: not after {seconds} s; last seen: {last}")


def _is_served(admin: Cluster, kind: str) -> bool:
    return admin.list(labels.API_VERSION, kind) is not None


def _stamps_requests(admin: Cluster) -> bool:
    """The stamp needs the new kind's schema, which the API server learns a moment after the kind itself."""
    return bool(admin.create(request("default", "probe"), dry_run=True)["spec"].get("requestedBy"))


def _refuses_forged_namespace(admin: Cluster) -> bool:
    forged = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "forged", "labels": {labels.DEPARTMENT: "tax"}},
    }
    try:
        admin.create(forged, dry_run=True)
    except errors.InvalidSpec:
        return True
    return False


def is_ready(obj: Object | None) -> bool:
    """Ready=True for the generation it has."""
    return obj is not None and conditions.is_true(obj, "Ready")


def condition(obj: Object | None, type_: str) -> tuple[str, str]:
    """(status, reason) of a condition, ("", "") when it is not there."""
    found = conditions.find(obj or {}, type_) or {}
    return found.get("status", ""), found.get("reason", "")


SILENT_ADDRESS = "224.0.0.77"
"""A multicast address: TCP cannot reach it (ENETUNREACH), at once and without a packet."""


def play_kubelet(admin: Cluster, namespace: str, *, results_ok: bool = True, pod_ip: str = SILENT_ADDRESS) -> None:
    """Run the probe pod as a kubelet would: Running with an address, then finished with a result."""
    ref = Ref("v1", "Pod", "govcloud-probe", namespace)
    pod = eventually(lambda: admin.get(ref), f"probe pod in {namespace}")
    _set_status(admin, pod, {"phase": "Running", "podIP": pod_ip, "podIPs": [{"ip": pod_ip}]})
    eventually(lambda: _ingress_known(admin, pod), "the operator tried to get in", seconds=20)
    targets = pod["spec"]["containers"][0]["args"]
    denied = [targets[index + 1] for index, word in enumerate(targets) if word == "--deny"]
    results = [{"target": t, "expect": "deny", "ok": results_ok, "message": "timeout"} for t in denied]
    terminated = {"exitCode": 0, "message": json.dumps({"results": results, "ok": results_ok})}
    container = {
        "name": "probe",
        "image": "x",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": terminated},
    }
    _set_status(admin, pod, {"phase": "Succeeded", "podIP": pod_ip, "containerStatuses": [container]})


def _set_status(admin: Cluster, pod: Object, status: dict[str, Any]) -> None:
    admin.patch_status({**pod, "metadata": {**pod["metadata"]}, "status": status}, field_manager="kubelet")


def _ingress_known(admin: Cluster, pod: Object) -> bool:
    found = admin.list(labels.API_VERSION, "Environment")
    probes = [(e.get("status") or {}).get("isolationProbe") or {} for e in found]
    return any(probe.get("podUid") == pod["metadata"]["uid"] and probe.get("ingress") for probe in probes)
