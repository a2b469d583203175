"""The same objects by other hands, each on a fresh API server with the same policies: `kubectl apply`, stock kopf.

Nothing is printed before both ended with the very objects that the operator made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.bench import counting, departments, outcome
from tests.bench.departments import Watched
from tests.bench.figure import Figure, figure, folder

from govcloud_api import labels
from govcloud_api.v1alpha1 import Environment
from govcloud_operators import isolation
from support import apiserver, tenancy
from support.apiserver import ApiServer

LONG_SECONDS = 900
_WORKS = ("namespaces", "resourcequotas", "limitranges", "networkpolicies", "rolebindings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the operator did."""

    seconds: float
    cpu_seconds: float
    writes: int
    product: str
    objects: outcome.Outcome

    @property
    def environments(self) -> int:
        """How many of them."""
        return sum(name.startswith("Namespace ") for name in self.objects)


def compared(ours: Ours) -> Iterator[Figure]:
    """Times of the others against ours; raises when the objects differ."""
    kubectl = _kubectl(ours)
    kopf_seconds, kopf_cpu, per_change = _kopf(ours)
    many = f"{len(ours.objects)} objects of {ours.environments} environments, compared equal"
    how = f"{many}; kubectl's own limits; neither order of steps nor proof, and nobody who looks after them"
    yield figure("the same objects by `kubectl apply`", kubectl, "s", 0, f"{how}; ours took {ours.seconds:.1f} s")
    how = f"{many}; kopf {version('kopf')}, official client, no proof; {kopf_cpu:.1f} s of processor time"
    yield figure(
        "the same objects by stock kopf handlers", kopf_seconds, "s", 0, f"{how}; ours {ours.cpu_seconds:.1f} s"
    )
    how = f"on.update and a status; {per_change.writes:.1f} writes a change; memory {per_change.peak_mib:.0f} MiB"
    yield figure("stock kopf: processor time a change", per_change.cpu_ms, "ms", 0, how)


def _kubectl(ours: Ours) -> float:
    with folder() as place, tenancy.platform(place, audit=True) as server:
        manifest = place / "objects.json"
        manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(ours.objects.values())}))
        command = [str(apiserver.binary("kubectl")), "--kubeconfig", str(_writer(server)), "apply", "-f", str(manifest)]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        if done.returncode != 0:
            raise RuntimeError(f"kubectl apply: {done.stderr[-2000:]}")
        _require_same(ours, server)
        return took


@dataclass(frozen=True, slots=True, kw_only=True)
class PerChange:
    """What one change costs."""

    cpu_ms: float
    writes: float
    peak_mib: float


def _kopf(ours: Ours) -> tuple[float, float, PerChange]:
    with folder() as place, tenancy.platform(place, audit=True) as server:
        admin, writer = server.admin(), server.connect(labels.OPERATOR_USER, "system:masters")
        codes = departments.codes(ours.environments)
        departments.make(admin, codes)
        for code in codes:
            tags = {labels.DEPARTMENT: code, labels.ROLE: "home"}
            writer.create(isolation.namespace(labels.home_namespace(code), "bench", tags))
        watched, audit = Watched(admin, "Environment"), counting.Audit(server.audit_log)
        with _stock(server, place / "stock.log") as child:
            time.sleep(5)  # it starts and watches: not part of the work
            cpu, began = counting.cpu_seconds(child.pid), time.monotonic()
            for code in codes:
                writer.create(_environment(code, ours.product))
            watched.wait(lambda: len(watched.ready) >= len(codes), LONG_SECONDS, "stock kopf")
            took, cpu = time.monotonic() - began, counting.cpu_seconds(child.pid) - cpu
            _require_same(ours, server)
            per_change = _changes(server, watched, audit, child.pid)
        watched.end()
        return took, cpu, per_change


def _changes(server: ApiServer, watched: Watched, audit: counting.Audit, pid: int) -> PerChange:
    """Each environment changed once, status written."""
    cpu, mark, admin = counting.cpu_seconds(pid), audit.mark(), server.admin()
    names = sorted(watched.ready)
    asked = []
    for namespace, name in names:
        metadata = {"namespace": namespace, "name": name}
        body = {
            "apiVersion": labels.API_VERSION,
            "kind": "Environment",
            "metadata": metadata,
            "spec": {"legalHold": True},
        }
        changed = admin.apply(body, field_manager="bench")
        asked.append(((namespace, name), int(changed["metadata"]["generation"])))
    watched.wait(lambda: all(each in watched.looked_at for each in asked), LONG_SECONDS, "stock kopf's changes")
    time.sleep(3)  # its own notes come after the status
    writes = audit.writes(mark, labels.OPERATOR_USER)
    return PerChange(
        cpu_ms=(counting.cpu_seconds(pid) - cpu) * 1000 / len(names),
        writes=sum(writes.values()) / len(names),
        peak_mib=counting.peak_mib(pid),
    )


def _environment(code: str, product: str) -> dict[str, object]:
    """As an approved request of `tenancy.request` leads to it."""
    spec = {
        "departmentRef": code,
        "product": product,
        "purpose": "sandbox",
        "size": "small",
        "quota": {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20},
        "requestRef": {"name": product, "uid": "bench"},
    }
    metadata = {"name": f"{product}-sandbox", "namespace": labels.home_namespace(code)}
    made = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}
    Environment.parse(made | {"metadata": metadata | {"uid": "bench"}})
    return made


def _require_same(ours: Ours, server: ApiServer) -> None:
    theirs = outcome.of_environments(server.admin(), ours.product)
    different = [name for name in ours.objects.keys() | theirs.keys() if ours.objects.get(name) != theirs.get(name)]
    if different:
        name = min(different)
        text = f"{len(different)} objects differ, e.g. {name}:\n{ours.objects.get(name)}\n{theirs.get(name)}"
        raise RuntimeError(f"the ways do not end alike: figures would mean nothing; {text}")


@contextmanager
def _stock(server: ApiServer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "KUBECONFIG": str(_writer(server))}
    command = [sys.executable, str(Path(__file__).with_name("stock.py"))]
    with apiserver.process(command, log, environment) as child:
        yield child


def _writer(server: ApiServer) -> Path:
    """The operator's name, which the policies let write, with every right."""
    return server.kubeconfig(labels.OPERATOR_USER, "system:masters")
