"""What pods of a lab really take, read from this host's control groups and disk: nobody's exporter is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from govcloud_infra.machines import cgroups
from support.machine_metrics import disk_usage

_NANOSECONDS = 1_000_000_000
_MICROSECONDS = 1_000_000


def cpu_seconds(site: str, uids: Iterable[str]) -> float:
    """Processor time of pods since they began, in seconds."""
    return sum(_cpu_seconds(folder) for folder in _folders(site, uids, "cpuacct"))


def working_set_bytes(site: str, uids: Iterable[str]) -> int:
    """Memory of pods without file pages that the kernel could drop at once: what a kubelet calls the working set."""
    return sum(_working_set_bytes(folder) for folder in _folders(site, uids, "memory"))


def stored_bytes(machines: Path, namespace: str) -> int:
    """What the volumes of a namespace hold on the disks of a lab's machines, which lie in `machines`.

    A machine's /var is a folder of its own there, beside its root.
    """
    return sum(map(disk_usage, machines.glob(f"*/var/lib/local-path/pvc-*_{namespace}_*")))


def _folders(site: str, uids: Iterable[str], controller: str) -> Iterator[Path]:
    """A folder a pod: on the host's one hierarchy, or that of the controller; UIDs are written in two ways."""
    names = {f"pod{form}" for uid in uids for form in (uid, uid.replace("-", "_"))}
    roots = [root for root in cgroups.hierarchies() if root in (cgroups.ROOT, cgroups.ROOT / controller)]
    for root in roots:
        for machine in root.glob(f"govcloud-{site}.*"):
            for folder in machine.rglob("*pod*"):
                if folder.is_dir() and any(name in folder.name for name in names):
                    yield folder


def _cpu_seconds(folder: Path) -> float:
    if (folder / "cpuacct.usage").exists():
        return int((folder / "cpuacct.usage").read_text()) / _NANOSECONDS
    return _fields(folder / "cpu.stat")["usage_usec"] / _MICROSECONDS


def _working_set_bytes(folder: Path) -> int:
    stat = _fields(folder / "memory.stat")
    if (folder / "memory.usage_in_bytes").exists():
        return int((folder / "memory.usage_in_bytes").read_text()) - stat["total_inactive_file"]
    return int((folder / "memory.current").read_text()) - stat["inactive_file"]


def _fields(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
