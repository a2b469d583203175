"""The stack `site` with the real engine and real machines: made, looked at by hand, broken from outside, repaired."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.machines import cgroups
from support.lab import eventually
from support.lab_run import host

RUN = Path(__file__).with_name("site_run.py")
CP, WORKER = "198.51.100.11", "198.51.100.12"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site file and the commands on it."""

    folder: Path
    name: str

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    @property
    def state(self) -> Path:
        return self.folder / "state" / self.name

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "GOVCLOUD_STATE": str(self.folder / "state")}

    def write(self, *nodes: dict[str, Any], **network: str) -> None:
        """The site file with these nodes."""
        version = Store(default_root(os.environ)).versions()["kubernetes"]
        ranges = {"nodeCidr": "198.51.100.0/24", "podCidr": "10.178.0.0/16", "serviceCidr": "10.179.0.0/16"}
        spec = {"kubernetes": {"version": version}, "network": {**ranges, **network}, "nodes": list(nodes)}
        whole = {
            "apiVersion": "govcloud.internal/v1alpha1", "kind": "Site", "metadata": {"name": self.name}, "spec": spec,
        }  # fmt: skip
        self.file.write_text(yaml.safe_dump(whole))

    def run(self, verb: str) -> dict[str, Any]:
        """What a command reports; fails the test when the command fails."""
        done = self.try_run(verb)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def changes(self, verb: str) -> list[str]:
        """The changes that a command reports."""
        return list(self.run(verb)["changes"])

    def try_run(self, verb: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(RUN), verb, str(self.file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment)
        assert "Traceback" not in done.stderr
        return done

    def by_hand(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`pulumi` as a person runs it, in a shell that knows nothing but the folder's `env`."""
        script = f". ./env && pulumi {' '.join(words)}"
        bare = {key: os.environ[key] for key in ("HOME", "PATH") if key in os.environ}
        folder = self.state / "pulumi" / "site"
        return subprocess.run(["sh", "-c", script], cwd=folder, env=bare, capture_output=True, text=True, check=False)

    def group(self, node: str) -> str:
        return f"govcloud-{self.name}.{node}"

    def kill(self, node: str) -> None:
        """Every process of the machine dies at once."""
        while pids := cgroups.processes(self.group(node)):
            for pid in pids:
                subprocess.run(["kill", "-KILL", str(pid)], capture_output=True, check=False)


def node(name: str, address: str, role: str = "worker", **more: str) -> dict[str, Any]:
    return {"name": name, "role": role, "address": address, **more}


CONTROL, SECOND = node("cp1", CP, "control-plane"), node("w1", WORKER)


def answers(address: str) -> bool:
    with socket.create_connection((address, 22), timeout=1) as connection:
        return connection.recv(4) == b"SSH-"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Site]:
    """A site of two lab machines; nothing of it is left on the host afterwards."""
    site = Site(folder=tmp_path, name=f"g{secrets.token_hex(3)}")
    site.write(CONTROL, SECOND, bridge=f"gct-{secrets.token_hex(4)}")
    try:
        yield site
    finally:
        site.run("destroy")
        shutil.rmtree(site.state)
    found = host()
    assert [item for item in found.links if item.startswith(f"vb-{site.name}") or item == bridge(site)] == []
    assert [item for item in found.mounts if item.startswith(str(tmp_path))] == []
    assert [item for item in found.groups if site.name in item] == []


def bridge(site: Site) -> str:
    return str(yaml.safe_load(site.file.read_text())["spec"]["network"]["bridge"])


def test_a_lab_is_made_previewed_by_hand_broken_and_repaired(lab: Site) -> None:
    made = lab.run("up")
    assert {line for line in made["changes"] if " Site " not in line} == {
        "create Network network", "create Machine cp1", "create Machine w1", "create Endpoint endpoint",
    }  # fmt: skip
    assert made["outputs"]["url"] == f"https://{CP}:6443"
    assert sorted(made["outputs"]["hostKeys"]) == ["cp1", "w1"]
    unchanged = lab.by_hand("preview", "--expect-no-changes")
    assert unchanged.returncode == 0, unchanged.stdout + unchanged.stderr
    assert "unchanged" in unchanged.stdout
    assert "Traceback" not in unchanged.stdout + unchanged.stderr
    assert "warning" not in unchanged.stdout + unchanged.stderr

    subprocess.run(["ip", "link", "delete", bridge(lab)], check=True)
    drifted = lab.by_hand("preview", "--expect-no-changes")
    assert drifted.returncode != 0
    assert "Network network create" in " ".join(drifted.stdout.split())
    assert "create Network network" in lab.changes("preview")
    lab.run("up")
    for address in (CP, WORKER):
        eventually(lambda where=address: answers(where), 60, f"{address} answers behind the new bridge")
    assert lab.changes("up") == []


@pytest.mark.long
def test_a_machine_that_lost_power_or_disk_is_made_whole(lab: Site) -> None:
    lab.run("up")
    lab.kill("w1")  # mid boot: it was started a moment ago
    assert lab.changes("preview") == ["update Machine w1 (power)"]
    lab.run("up")
    eventually(lambda: answers(WORKER), 60, "the machine boots after it was killed while booting")

    lab.kill("w1")
    disk = lab.state / "machines" / "w1"
    subprocess.run(["umount", str(disk / "root")], check=True)
    shutil.rmtree(disk)
    assert lab.changes("preview") == ["create Machine w1"]
    seen = lab.by_hand("preview")
    assert "Machine w1 create" in " ".join(seen.stdout.split())
    lab.run("up")
    eventually(lambda: answers(WORKER), 60, "the machine was made anew")

    lab.write(CONTROL, bridge=bridge(lab))
    assert lab.changes("up") == ["delete Machine w1"]
    assert not disk.exists()
    assert cgroups.processes(lab.group("w1")) == set()
    assert cgroups.processes(lab.group("cp1")) != set()


@pytest.mark.long
def test_a_static_machine_is_known_by_its_host_key(lab: Site) -> None:
    keys = lab.run("up")["outputs"]["hostKeys"]
    eventually(lambda: answers(CP), 60, "the machine answers")
    site = Site(folder=lab.folder, name="gstatic")
    site.write({**CONTROL, "provider": "static"})
    assert [line for line in site.changes("up") if " Site " not in line] == [
        "create StaticMachine cp1", "create Endpoint endpoint",
    ]  # fmt: skip
    made = site.run("up")
    assert made["changes"] == []
    assert made["outputs"]["hostKeys"] == {"cp1": keys["cp1"]}
    assert site.by_hand("preview", "--expect-no-changes").returncode == 0

    site.write({**CONTROL, "provider": "static", "hostKey": keys["w1"]})
    refused = site.try_run("preview")
    assert refused.returncode != 0
    assert "machine cp1 (198.51.100.11) shows the SSH host key" in refused.stderr

    site.write({**CONTROL, "provider": "static"})
    lab.kill("cp1")
    assert site.changes("preview") == []  # it is off, not gone
    assert site.changes("destroy") != []


def test_a_static_machine_that_does_not_answer_is_named(tmp_path: Path) -> None:
    site = Site(folder=tmp_path, name="gstatic")
    site.write({**node("cp9", "127.0.0.9", "control-plane"), "provider": "static"}, nodeCidr="127.0.0.0/24")
    for verb in ("preview", "up"):
        refused = site.try_run(verb)
        told = refused.stderr.strip().splitlines()[-1]
        assert told.startswith(
            "ApiUnavailable: Pulumi program `site` stopped: cp9: machine cp9: no SSH server answers on 127.0.0.9 "
            "port 22 (connection refused); see that the machine is on"
        )
