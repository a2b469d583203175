"""A real API server with etcd, scheduler and controllers, and machines that are only said to be there (kwok).

Real: every object, admission, quota, rights, the operator. Not real: kubelets, containers, the network. A probe's pod
is "started" after 0.8-1.2 s and "ends" 5-5.5 s later, as on the lab; its address swallows connections, so the operator
waits its full second for silence, as with network policies that hold.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.bundle import host
from govcloud_kube import Object, real
from govcloud_operators.environment import desired
from support import apiserver, tenancy
from support.apiserver import ApiServer

PINS = Path(__file__).parent / "kwok"
PACKAGE = "sigs.k8s.io/kwok/cmd/kwok"
NODES = 4
POD_ADDRESS = "127.0.0.77"
_BACKLOG = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a measurement works with."""

    server: ApiServer
    admin: real.RealCluster
    canary: str


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """An API server with everything of ours but the operator; ended in the end, whatever happens."""
    with ExitStack() as stack:
        server = stack.enter_context(tenancy.platform(folder, audit=True))
        stack.enter_context(_scheduler(server))
        stack.enter_context(_machines(server))
        stack.enter_context(_silent_door())
        yield World(server=server, admin=server.admin(), canary=stack.enter_context(_canary()))


def kwok() -> Path:
    """The program, built from its pins into the cache once."""
    pins = hashlib.sha256(b"".join((PINS / name).read_bytes() for name in ("go.mod", "go.sum"))).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govcloud" / "bench"
    built = cache / f"kwok-{pins[:16]}"
    if not built.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = built.with_suffix(".new")
        go = host.find_go()
        if go is None:
            raise RuntimeError("there is no Go; run `make env`")
        environment = {**os.environ, **host.go_environment(go)}
        subprocess.run([str(go), "build", "-o", str(fresh), PACKAGE], cwd=PINS, env=environment, check=True)
        fresh.rename(built)
    return built


@contextmanager
def kubelets(server: ApiServer) -> Iterator[None]:
    """kwok in the place of the kubelet of every machine that there is or will be; none sends a heartbeat."""
    stages = server.folder / "stages.yaml"
    stages.write_text((PINS / "stages.yaml").read_text().replace("@POD_ADDRESS@", POD_ADDRESS))
    kubeconfig = server.kubeconfig("kwok", "system:masters")
    command = [str(kwok()), f"--kubeconfig={kubeconfig}", f"--config={stages}", "--manage-all-nodes=true"]
    with apiserver.process([*command, "--server-address="], server.folder / "kwok.log"):
        yield


def make_node(admin: real.RealCluster, node: Object) -> None:
    """Create a machine that pods may run on."""
    admin.create(node)
    # The API server marks every new machine as not ready; who takes that back on a real one does not run here.
    clean = {"spec": {"taints": None}}
    admin.raw("PATCH", f"/api/v1/nodes/{node['metadata']['name']}", clean, "application/merge-patch+json")


@contextmanager
def _machines(server: ApiServer) -> Iterator[None]:
    with kubelets(server):
        admin = server.admin()
        for number in range(NODES):
            make_node(admin, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}"}})
        yield


@contextmanager
def _scheduler(server: ApiServer) -> Iterator[None]:
    kubeconfig = server.kubeconfig("system:kube-scheduler", "system:masters")
    flags = [
        f"--{name}={kubeconfig}" for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    command = [str(apiserver.binary("kube-scheduler")), *flags, "--leader-elect=false", "--secure-port=0"]
    with apiserver.process(command, server.folder / "kube-scheduler.log"):
        yield


@contextmanager
def _silent_door() -> Iterator[None]:
    """A listener whose queue is full: the kernel drops what knocks, as a network policy does."""
    with ExitStack() as stack:
        door = stack.enter_context(socket.socket())
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((POD_ADDRESS, desired.PROBE_PORT))
        door.listen(0)
        for _ in range(_BACKLOG):
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex((POD_ADDRESS, desired.PROBE_PORT))
        yield


@contextmanager
def _canary() -> Iterator[str]:
    """Stands in for the canary: connections to it succeed."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        ended = threading.Event()

        def answer() -> None:
            while not ended.is_set():
                try:
                    listener.accept()[0].close()
                except TimeoutError:
                    continue

        listener.settimeout(0.2)
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()
