"""Lab machines without Kubernetes, booted and removed by a test: other name, bridge and addresses than any lab."""

import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from govcloud_infra import pki
from govcloud_infra.bundle.store import Store
from govcloud_infra.machines import network, nspawn
from govcloud_infra.machines.spec import MachineSpec, machine_paths
from govcloud_infra.paths import SitePaths

NAME, BRIDGE, RANGE = "gcr", "gc-roles", "10.94.0"
BOOT_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Machines that run; `addresses` by name."""

    paths: SitePaths
    addresses: dict[str, str]

    def run(self, name: str, command: str) -> subprocess.CompletedProcess[str]:
        """A command as root over a new SSH connection."""
        words = [*self._ssh, f"root@{self.addresses[name]}", command]
        return subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)

    def output(self, name: str, command: str) -> str:
        """What a command, which must succeed, prints."""
        done = self.run(name, command)
        assert done.returncode == 0, f"{name}: {command}: {done.stderr}"
        return done.stdout

    def inventory(self, **groups: list[str]) -> dict[str, Any]:
        """Ansible's inventory of these machines, in groups."""
        variables = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.paths.ssh_key),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.paths.known_hosts} -o StrictHostKeyChecking=yes",
            "govcloud_provider": "nspawn",
        }
        hosts = {
            group: {"hosts": {name: {"ansible_host": self.addresses[name]} for name in names}}
            for group, names in groups.items()
        }
        return {"all": {"vars": variables, "children": hosts}}

    @property
    def _ssh(self) -> list[str]:
        trust = ["-o", f"UserKnownHostsFile={self.paths.known_hosts}", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
        return ["ssh", "-F", "none", "-q", "-i", str(self.paths.ssh_key), *trust]


@contextmanager
def booted(folder: Path, cache: Path, *names: str) -> Iterator[Machines]:
    """Boot machines whose disks lie in `folder`; all is removed at the end, however the test went."""
    paths = SitePaths(state=folder, cache=cache)
    addresses = {name: f"{RANGE}.{number}" for number, name in enumerate(names, 11)}
    store = Store(paths.bundle)
    rootfs = store.manifest().file("machine-rootfs", "machine-rootfs.tar").sha256
    key = pki.ensure_ssh_key(paths.ssh_key)
    paths.run.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(network.remove, BRIDGE)
        network.ensure(network.BridgeSpec(name=BRIDGE, address=f"{RANGE}.1/24"))
        known = ""
        for name, address in addresses.items():
            spec = _spec(name, address, key, rootfs)
            places = machine_paths(spec, paths)
            stack.callback(nspawn.remove, spec, places)
            known += f"{address} {nspawn.create(spec, places, store.path(rootfs))}\n"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # a machine outlives the one who starts it
                nspawn.start(spec, places)
        paths.known_hosts.write_text(known)
        made = Machines(paths=paths, addresses=addresses)
        for name in names:
            _wait_for(made, name)
        yield made


def _spec(name: str, address: str, key: str, rootfs: str) -> MachineSpec:
    return MachineSpec(
        site=NAME,
        name=name,
        address=f"{address}/24",
        gateway=f"{RANGE}.1",
        bridge=BRIDGE,
        rootfs_sha256=rootfs,
        authorized_key=key,
    )


def _wait_for(machines: Machines, name: str) -> None:
    deadline = time.monotonic() + BOOT_SECONDS
    while machines.run(name, "systemctl is-active --quiet chrony ssh").returncode:
        if time.monotonic() > deadline:
            log = (machines.paths.run / f"{name}.log").read_text()[-2000:]
            pytest.fail(f"{name} is not up after {BOOT_SECONDS:.0f} s:\n{log}")
        time.sleep(0.2)  # a machine boots in its own time
