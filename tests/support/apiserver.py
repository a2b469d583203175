"""A real etcd + kube-apiserver (+ a controller manager with few controllers) on loopback, for tests.

Binaries: the bundle's Store when the bundle is built, else the folder named by GOVCLOUD_TEST_BIN. A missing binary
fails the test: what was not run is not tested.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from govcloud_api import errors
from govcloud_kube import real
from support import certificates

START_SECONDS = 60
STOP_SECONDS = 10
CONTROLLERS = (
    "namespace-controller",
    "resourcequota-controller",
    "serviceaccount-controller",
    "validatingadmissionpolicy-status-controller",
)
_COMPONENT = {
    "etcd": "etcd",
    "nats-server": "nats",
    "traefik": "traefik",
    "local-path.yaml": "local-path-provisioner",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServer:
    """A running API server and the authority whose client certificates it trusts."""

    url: str
    folder: Path
    authority: certificates.Authority
    pid: int = 0

    @property
    def audit_log(self) -> Path:
        """One JSON event a line for every request but reads; not there unless it was started with `audit`."""
        return self.folder / "audit.log"

    def kubeconfig(self, user: str, *groups: str) -> Path:
        """Kubeconfig file of a user with these groups."""
        path = self.folder / f"{certificates.file_name(user, *groups)}.kubeconfig"
        pair = self.authority.client(user, *groups)
        cluster = {"server": self.url, "certificate-authority": str(self.authority.certificate)}
        login = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": user, "user": login}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(document))
        return path

    def connect(self, user: str, *groups: str) -> real.RealCluster:
        """Connection as a user with these groups."""
        return real.connect(self.kubeconfig(user, *groups))

    def admin(self) -> real.RealCluster:
        """Connection that may do everything (system:masters)."""
        return self.connect("admin", "system:masters")


def binary(name: str) -> Path:
    """Path of a program or manifest under test; fails the running test when there is none."""
    given = os.environ.get("GOVCLOUD_TEST_BIN")
    if given and (path := Path(given) / name).exists():
        return path
    if (found := _from_bundle(name)) is not None:
        return found
    component = _COMPONENT.get(name, "kubernetes")
    pytest.fail(f"{name} is not there: run `govcloud bundle build {component}`, or set GOVCLOUD_TEST_BIN")


def _from_bundle(name: str) -> Path | None:
    if importlib.util.find_spec("govcloud_infra.bundle.store") is None:
        return None
    from govcloud_infra.bundle import store

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govcloud"
    bundle = store.Store(Path(os.environ.get("GOVCLOUD_CACHE") or cache) / "bundle")
    try:
        entry = bundle.manifest().file(_COMPONENT.get(name, "kubernetes"), name)
    except (errors.GovcloudError, KeyError, OSError):
        return None
    return Path(bundle.path(entry.sha256))


@contextmanager
def running(
    folder: Path, *, controllers: Sequence[str] = CONTROLLERS, audit: bool = False, audited_readers: Sequence[str] = ()
) -> Iterator[ApiServer]:
    """Start everything in `folder`, yield when ready, end every process however the test went.

    `audited_readers`: users whose reads are written to the audit log, too.
    """
    authority = certificates.Authority(folder)
    with ExitStack() as stack:
        etcd_url = stack.enter_context(etcd(folder))
        auditing = _auditing(folder, audited_readers) if audit or audited_readers else {}
        server = stack.enter_context(kube_apiserver(folder, authority, etcd_url, auditing))
        wait_until_ready(server)
        if controllers:
            stack.enter_context(controller_manager(server, controllers))
        yield server


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One API server for the whole session of a worker; tests use names of their own."""
    with running(tmp_path_factory.mktemp("apiserver")) as server:
        yield server


@contextmanager
def etcd(folder: Path) -> Iterator[str]:
    """An etcd with its data in `folder`; its URL."""
    client, peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    arguments = {
        "name": "test",
        "data-dir": str(folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"test={peer}",
        "log-level": "error",
    }
    with process([str(binary("etcd")), *_flags(arguments), "--unsafe-no-fsync"], folder / "etcd.log"):
        yield client


@contextmanager
def kube_apiserver(
    folder: Path,
    authority: certificates.Authority,
    etcd_url: str,
    auditing: Mapping[str, str] = MappingProxyType({}),
    *,
    port: int | None = None,
) -> Iterator[ApiServer]:
    """An API server that is only starting, see `wait_until_ready`; on any free port unless one is given.

    `auditing`: flags of its audit log, if there is to be one.
    """
    port = port or free_port()
    serving = authority.server("localhost", "kubernetes.default.svc")
    token_key = folder / "service-account.key"
    token_key.write_bytes(certificates.private_pem(ec.generate_private_key(ec.SECP256R1())))
    arguments = {
        "etcd-servers": etcd_url,
        "secure-port": str(port),
        "bind-address": "127.0.0.1",
        "tls-cert-file": str(serving.certificate),
        "tls-private-key-file": str(serving.key),
        "client-ca-file": str(authority.certificate),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": str(token_key),
        "service-account-signing-key-file": str(token_key),
        "service-cluster-ip-range": "10.96.0.0/16",
        "authorization-mode": "RBAC",
        "endpoint-reconciler-type": "none",
        "anonymous-auth": "true",
        # As kubeadm has it: the network's own pods are privileged, so policies alone keep others from being it.
        "allow-privileged": "true",
    }
    arguments |= auditing
    with process([str(binary("kube-apiserver")), *_flags(arguments)], folder / "kube-apiserver.log") as child:
        yield ApiServer(url=f"https://127.0.0.1:{port}", folder=folder, authority=authority, pid=child.pid)


def _auditing(folder: Path, readers: Sequence[str]) -> dict[str, str]:
    """Who wrote what with which answer, and what these readers read, without bodies, at once."""
    told = [{"level": "Metadata", "users": list(readers)}] if readers else []
    rules = [*told, {"level": "None", "verbs": ["get", "list", "watch"]}, {"level": "Metadata"}]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": rules}
    path = folder / "audit-policy.yaml"
    path.write_text(yaml.safe_dump(policy))
    log = str(folder / "audit.log")
    return {"audit-policy-file": str(path), "audit-log-path": log, "audit-log-mode": "blocking"}


@contextmanager
def controller_manager(
    server: ApiServer,
    controllers: Sequence[str] = CONTROLLERS,
    *,
    as_accounts: bool = False,
    requests_per_second: int = 20,
) -> Iterator[None]:
    """A controller manager with these controllers only; one started after the CRDs counts our kinds at once.

    With `as_accounts` each controller has an account of its own, as kubeadm has it.
    """
    kubeconfig = str(server.kubeconfig("system:kube-controller-manager", "system:masters"))
    arguments = {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "controllers": ",".join(controllers),
        "leader-elect": "false",
        "secure-port": "0",
        "use-service-account-credentials": "true" if as_accounts else "false",
        "kube-api-qps": str(requests_per_second),
        "kube-api-burst": str(requests_per_second * 3 // 2),
    }
    command = [str(binary("kube-controller-manager")), *_flags(arguments)]
    with process(command, server.folder / "kube-controller-manager.log"):
        yield


@contextmanager
def process(command: Sequence[str], log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with its output in a file; SIGTERM, then SIGKILL, at the end."""
    with log.open("ab") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(STOP_SECONDS)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _flags(arguments: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in arguments.items()]


def wait_until_ready(server: ApiServer) -> None:
    """Return when it serves; fails the test when it does not in time."""
    admin = server.admin()
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            admin.raw("GET", "/readyz")
        except errors.GovcloudError as error:
            if time.monotonic() > deadline:
                log = (server.folder / "kube-apiserver.log").read_text()[-3000:]
                pytest.fail(f"kube-apiserver is not ready after {START_SECONDS} s: {error}\n{log}")
            time.sleep(0.2)  # a real process starts in its own time
        else:
            return
