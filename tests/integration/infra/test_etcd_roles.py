"""Snapshots and the look at a control plane, with a real etcd and real tools of the bundle."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.store import Store
from govcloud_infra.paths import REPOSITORY, SitePaths, cache_folder
from support import certificates
from support.apiserver import binary, free_port, process
from support.lab import eventually

SCRIPT = REPOSITORY / "playbooks" / "roles" / "etcd_backup" / "files" / "etcd_backup.py"
CIPHERTEXT = b"k8s:enc:secretbox:v1:key1:\x00\x01\xff"


class Etcd:
    """A member that runs, with TLS as kubeadm gives it, and the tools that go with it."""

    def __init__(self, folder: Path, authority: certificates.Authority) -> None:
        self.folder = folder
        self.url = f"https://127.0.0.1:{free_port()}"
        self.peer = f"http://127.0.0.1:{free_port()}"
        self.server, client = authority.server("localhost"), authority.client("healthcheck")
        self.login = {"cacert": str(authority.certificate), "cert": str(client.certificate), "key": str(client.key)}
        self.programs = folder / "bin"
        self.programs.mkdir()
        store = Store(cache_folder(os.environ) / "bundle")
        for name in ("etcdctl", "etcdutl"):
            (self.programs / name).symlink_to(store.path(store.manifest().file("etcd", name).sha256))

    @property
    def command(self) -> list[str]:
        options = {
            "name": "c1", "data-dir": self.folder / "data", "log-level": "error",
            "listen-client-urls": self.url, "advertise-client-urls": self.url,
            "listen-peer-urls": self.peer, "initial-advertise-peer-urls": self.peer,
            "initial-cluster": f"c1={self.peer}",
            "cert-file": self.server.certificate, "key-file": self.server.key,
            "client-cert-auth": "true", "trusted-ca-file": self.login["cacert"],
        }  # fmt: skip
        return [str(binary("etcd")), "--unsafe-no-fsync", *(f"--{name}={value}" for name, value in options.items())]

    def ctl(self, *words: str, given: bytes | None = None) -> str:
        """Output of etcdctl, which must succeed."""
        login = [f"--{name}={value}" for name, value in self.login.items()]
        command = [self.programs / "etcdctl", f"--endpoints={self.url}", *login, *words]
        done = subprocess.run(command, input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode(errors="replace")

    def holds(self, kind: str, value: bytes) -> None:
        """Store an object of `kind` as these bytes."""
        self.ctl("put", f"/registry/{kind}/department/it", given=value)

    def is_up(self) -> bool:
        return "c1" in self.ctl("member", "list")


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[Etcd]:
    member = Etcd(tmp_path, certificates.Authority(tmp_path))
    with process(member.command, tmp_path / "etcd.log"):
        eventually(member.is_up, 30, "etcd answers")
        yield member


def backup(etcd: Etcd, folder: Path, keep: int = 2) -> subprocess.CompletedProcess[str]:
    login = [
        f"--{name}={etcd.login[option]}" for name, option in (("ca", "cacert"), ("certificate", "cert"), ("key", "key"))
    ]
    words = [f"--folder={folder}", f"--keep={keep}", f"--endpoint={etcd.url}", f"--programs={etcd.programs}", *login]
    return subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)


def test_a_snapshot_can_be_restored(etcd: Etcd, tmp_path: Path) -> None:
    etcd.holds("secrets", CIPHERTEXT)
    folder = tmp_path / "snapshots"
    folder.mkdir()
    done = backup(etcd, folder)
    assert done.returncode == 0, done.stderr
    [snapshot] = folder.glob("snapshot-*.db")
    restored = tmp_path / "restored"
    command = [etcd.programs / "etcdutl", "snapshot", "restore", snapshot, "--data-dir", restored]
    subprocess.run(command, check=True, capture_output=True)
    assert any(CIPHERTEXT in file.read_bytes() for file in restored.rglob("db"))


def test_no_member_no_snapshot_and_the_old_one_stays(etcd: Etcd, tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    assert backup(etcd, folder).returncode == 0
    before = sorted(folder.glob("snapshot-*"))
    etcd.url = f"https://127.0.0.1:{free_port()}"
    done = backup(etcd, folder, keep=1)
    assert done.returncode == 1
    assert done.stderr.startswith("No snapshot of etcd was taken: etcdctl: ")
    assert sorted(folder.glob("snapshot-*")) == before


Look = Callable[[Etcd], tuple[dict[str, Any], tuple[str, ...]]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Runs the module through Ansible; returns report and changes. Its kubectl is one that writes an audit line."""

    def run(etcd: Etcd) -> tuple[dict[str, Any], tuple[str, ...]]:
        kubernetes, log = tmp_path / "kubernetes", tmp_path / "audit.log"
        (kubernetes / "pki").mkdir(parents=True, exist_ok=True)
        (kubernetes / "pki" / "apiserver.crt").write_bytes(etcd.server.certificate.read_bytes())
        embedded = base64.b64encode(Path(etcd.login["cert"]).read_bytes()).decode()
        (kubernetes / "admin.conf").write_text(f"client-certificate-data: {embedded}\n")
        (tmp_path / "kubectl").write_text(f"#!/bin/sh\necho '{{}}' >> {log}\n")
        (tmp_path / "kubectl").chmod(0o755)
        inputs = {
            "etcd_endpoint": etcd.url, "etcd_login": etcd.login, "etcdctl": str(etcd.programs / "etcdctl"),
            "kubernetes": str(kubernetes), "kubelet_pki": str(tmp_path / "none"), "audit_log": str(log),
            "snapshots": str(tmp_path / "snapshots"),
        }  # fmt: skip
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        task = {"name": "Look", "control_plane_report": inputs, "environment": path}
        file = tmp_path / "play.yml"
        file.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        outcome = playbook.run(
            playbook.Request(
                playbook=str(file),
                inventory={"all": {"hosts": {"c1": {**here, "ansible_remote_tmp": str(tmp_path / "tmp")}}}},
                variables={},
                paths=SitePaths(state=tmp_path / "state", cache=tmp_path / "cache"),
                mitogen=False,
            ),
            print,
        )
        return outcome.reports["c1"], outcome.changed

    return run


def test_a_control_plane_as_it_should_be(etcd: Etcd, look: Look, tmp_path: Path) -> None:
    etcd.holds("secrets", CIPHERTEXT)
    etcd.holds("configmaps", CIPHERTEXT)
    (tmp_path / "snapshots").mkdir()
    assert backup(etcd, tmp_path / "snapshots").returncode == 0
    report, changed = look(etcd)
    assert changed == ()
    [member] = report["etcd"]["members"]
    assert (member["name"], member["is_learner"], member["healthy"]) == ("c1", False, True)
    assert (report["etcd"]["voters"], report["etcd"]["healthy"]) == (1, 1)
    assert report["encryption"] == {"secretbox": True}
    assert report["audit"] == {"written": True}
    assert report["certificates"].keys() == {"apiserver", "admin.conf"}
    assert all(0.9 <= days <= 1.0 for days in report["certificates"].values())
    assert report["snapshot"]["file"].startswith("snapshot-")
    assert 0 <= report["snapshot"]["age_seconds"] < 60


@pytest.mark.parametrize("kind", ["secrets", "configmaps"])
def test_plain_text_is_found_and_stays_where_it_is(kind: str, etcd: Etcd, look: Look, tmp_path: Path) -> None:
    etcd.holds("secrets", CIPHERTEXT)
    etcd.holds("configmaps", CIPHERTEXT)
    etcd.holds(kind, b"k8s\x00\n password=hunter2")
    report, _ = look(etcd)
    assert report["encryption"] == {"secretbox": False}
    assert report["snapshot"] == {"age_seconds": None, "file": None}
    hidden = base64.b64encode(b"hunter2").decode()[:8]
    told = json.dumps(report) + "".join(file.read_text() for file in (tmp_path / "state").rglob("*.log"))
    assert "hunter2" not in told
    assert hidden not in told


def test_a_member_that_does_not_answer_is_said(etcd: Etcd, look: Look) -> None:
    started = time.monotonic()
    etcd.url = f"https://127.0.0.1:{free_port()}"
    report, _ = look(etcd)
    assert report["etcd"] == {"members": [], "voters": 0, "healthy": 0}
    assert "encryption" not in report
    assert time.monotonic() - started < 60


def test_a_member_that_is_down_is_not_healthy(etcd: Etcd, look: Look) -> None:
    etcd.ctl("member", "add", "c2", "--learner", f"--peer-urls=http://127.0.0.1:{free_port()}")
    report, _ = look(etcd)
    found = {item["name"]: (item["is_learner"], item["healthy"]) for item in report["etcd"]["members"]}
    assert found == {"c1": (False, True), "": (True, False)}
    assert report["etcd"]["voters"] == 1
