"""A real versitygw, prepared and run as in a pod. Needs no cluster."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from govcloud_api import errors, labels
from govcloud_infra.bundle import store as bundles
from govcloud_kube import Object
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import certificates
from govcloud_operators.services.bucket import accounts, administrator, desired, prepare
from govcloud_operators.services.driver import Credentials, Order
from govcloud_operators.services.s3.gateway import Gateway
from support import apiserver, services
from support.server_pod import ServerPod

IMAGE = f"{labels.REGISTRY}/versitygw:v1.8.0"
HELPER_IMAGE = f"{labels.REGISTRY}/govcloud:0.1.0"


def order(secret: str = "8" * 64, **changed: Any) -> Order:
    """An Order of driver `bucket`."""
    given: dict[str, Any] = {
        "plan": services.PLAN,
        "version": "1.8.0",
        "image": IMAGE,
        "helper_image": HELPER_IMAGE,
        "secret": secret,
        "spec": {"offeringRef": "bucket"},
    }
    return services.order(**given | changed)


def shown_by(half: str, *, name: str = "svc-main-0", exit_code: int = 0) -> Object:
    """A pod as the API server shows it when its first container has said `half`."""
    ended = {"exitCode": exit_code, "message": half}
    status = {"initContainerStatuses": [{"name": desired.KEYS, "state": {"terminated": ended}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "status": status}


@dataclass(slots=True, kw_only=True)
class Pod(ServerPod):
    """The folders of one instance's pod on this machine, and the running server."""

    START_SECONDS: ClassVar[float] = 60

    @property
    def order(self) -> Order:
        """The order as a reconcile has it at this moment: with the pod as the kubelet shows it."""
        return replace(self.base, now=datetime.now(UTC), pods=(self.shown(),))

    @property
    def administrator(self) -> Gateway:
        """The gateway as the operator talks to it about objects."""
        return administrator.ways(self.order, self.door).objects

    @property
    def keys(self) -> Gateway:
        """The gateway as the operator talks to it about keys."""
        return administrator.ways(self.order, self.door).keys

    def shown(self) -> Object:
        """The pod with its first container's last words."""
        return shown_by((self.folder / "message").read_text(), name=f"{self.base.name}-0")

    def prepare(self) -> None:
        """The first container of the StatefulSet's pod, with its volumes where they are here."""
        template = desired.stateful_set(self.base)["spec"]["template"]["spec"]
        (container,) = template["initContainers"]
        places = {desired.KEYS_FOLDER: str(self.folder / "keys"), desired.FOLDERS["data"]: str(self.folder / "data")}
        command = [sys.executable, *container["command"][1:]]
        for inside, here in places.items():
            command = [word.replace(inside, here) if word.startswith(inside) else word for word in command]
        command = [str(self.folder / "message") if word == desired.MESSAGE else word for word in command]
        done = subprocess.run(command, check=True, capture_output=True)
        assert done.stdout == done.stderr == b"", "anybody may read what a container prints"

    def start(self) -> None:
        """A new pod: the first container, then the server, until it lets the operator in."""
        self.prepare()
        name, _, value = (self.folder / "keys" / desired.KEYS_FILE).read_text().strip().partition("=")
        assert name == prepare.VARIABLE
        paths = {name: str(self.folder / name) for name in desired.FOLDERS}
        _, *arguments = desired.command(self.base, paths, f"127.0.0.1:{self.port}", f"127.0.0.1:{self.port + 1}")
        environment = {"PATH": os.environ["PATH"], name: value.strip("'")}
        self.run([str(program(self.folder / "bin")), *arguments], self._answers, environment=environment)

    def client(self, credentials: Credentials) -> Gateway:
        """A program of the environment, with what a binding's Secret holds."""
        key = accounts.access_key(credentials.user, credentials.role)
        return replace(self.administrator, access_key=key, secret_key=credentials.password)

    def _answers(self) -> bool:
        try:
            accounts.BucketAccounts().seen(self.order, self.door, "")
        except errors.NotReady:
            return False
        return True


def program(folder: Path) -> Path:
    """The server, out of its image in the bundle or from GOVCLOUD_TEST_BIN; fails the running test without either."""
    given = os.environ.get("GOVCLOUD_TEST_BIN")
    if given and (path := Path(given) / "versitygw").exists():
        return path
    inside, found = "usr/local/bin/versitygw", folder / "usr/local/bin/versitygw"
    if found.exists():
        return found
    try:
        bundle = bundles.Store(bundles.default_root(os.environ))
        (image,) = bundle.manifest().component("versitygw").images.values()
    except errors.GovcloudError as error:
        pytest.fail(
            f"versitygw is not there ({error}); run `govcloud bundle build versitygw`, or set GOVCLOUD_TEST_BIN"
        )
    folder.mkdir(exist_ok=True)
    (layer,) = json.loads(bundle.path(image.manifest).read_text())["layers"]
    blob = bundle.path(layer["digest"].removeprefix("sha256:"))
    subprocess.run(["tar", "--zstd", "-x", "-f", blob, "-C", folder, inside], check=True)
    return found


def two_free_ports() -> int:
    """The first of two ports in a row that nobody has."""
    while True:
        first = apiserver.free_port()
        with socket.socket() as second:
            try:
                second.bind(("127.0.0.1", first + 1))
            except OSError:
                continue
            return first


@contextmanager
def pod(folder: Path, base: Order | None = None) -> Iterator[Pod]:
    """A server that runs, with its bucket and no logins; ends with the block."""
    for name in ("data", "tls", "keys"):
        (folder / name).mkdir()
    issuer = certificates.new_authority(datetime.now(UTC))
    cluster = MemoryCluster()
    made = Pod(folder=folder, port=two_free_ports(), authority=issuer, cluster=cluster, base=base or order())
    made.certify()
    try:
        made.start()
        yield made
    finally:
        made.stop(hard=True)
