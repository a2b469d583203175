"""The program of the role `machine_metrics`, and folders as machines have them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import jinja2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govcloud_infra.paths import REPOSITORY

ROLE = REPOSITORY / "playbooks" / "roles" / "machine_metrics"
PROGRAM = ROLE / "files" / "machine_metrics.py"
KEY = ec.generate_private_key(ec.SECP256R1())


def script(name: str) -> ModuleType:
    """One file of the program that needs none of the others."""
    spec = importlib.util.spec_from_file_location(f"machine_metrics_{name}", ROLE / "files" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look there
    spec.loader.exec_module(found)
    return found


def unit(kind: str) -> str:
    """The `service` or the `timer` of the role as it lies on a machine."""
    template = jinja2.Template((ROLE / "templates" / f"{kind}.j2").read_text(), undefined=jinja2.StrictUndefined)
    return template.render(machine_metrics_volumes="/var/lib/local-path")


def volume_name(namespace: str, claim: str, number: int = 0) -> str:
    """The folder of a volume, as local-path-provisioner names it."""
    return f"pvc-00000000-0000-4000-8000-{number:012}_{namespace}_{claim}"


def disk_usage(folder: Path) -> int:
    """What coreutils say that a folder holds, in bytes."""
    done = subprocess.run(["du", "-sx", "--block-size=1", folder], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def pem(ends: datetime, issuer: str = "test authority") -> bytes:
    """A certificate that ends then. An issuer's name of any length is given in pieces, as it may have 64 letters."""
    pieces = [issuer[at : at + 64] for at in range(0, len(issuer), 64)]
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, piece) for piece in pieces])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(1960, 1, 1, tzinfo=UTC))
        .not_valid_after(ends)
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's files below a folder of a test."""

    root: Path

    @property
    def volumes(self) -> Path:
        return self.root / "var/lib/local-path"

    @property
    def page(self) -> Path:
        return self.root / "var/lib/govcloud/metrics/machine.prom"

    def volume(self, namespace: str, claim: str, number: int = 0) -> Path:
        """An empty volume."""
        made = self.volumes / volume_name(namespace, claim, number)
        made.mkdir(parents=True)
        return made

    def file(self, path: str, content: bytes = b"") -> Path:
        """A file, with the folders above it."""
        made = self.root / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(content)
        return made

    def run(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """One run, as the timer starts it; `before` are words in front of it."""
        self.page.parent.mkdir(parents=True, exist_ok=True)
        where = [f"--root={self.root}", f"--volumes={self.volumes}", f"--folder={self.page.parent}"]
        command = [*before, sys.executable, "-B", str(PROGRAM), *where, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def written(self, *words: str) -> str:
        """The page after a run, which must succeed and say nothing."""
        done = self.run(*words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return self.page.read_text()


def furnish(machine: Machine, ends: datetime) -> None:
    """All that a control plane can have: certificates, snapshots, volumes."""
    for path in script("certificates").FILES.values():
        machine.file(path, pem(ends))
    (machine.root / "var/lib/etcd/member").mkdir(parents=True)
    for name, size in (("snapshot-20260101T000000Z.db", 10), ("snapshot-20260102T030405Z.db", 2048)):
        machine.file(f"var/lib/govcloud/etcd-snapshots/{name}", bytes(size))
    (machine.volume("tax-portal-test", "data-db-0", 1) / "table").write_bytes(os.urandom(100_000))
    machine.volume("roads-map-test", "tiles", 2)
