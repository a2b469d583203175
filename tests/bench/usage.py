"""What the machines of a lab use, from their control groups."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud_infra.machines import cgroups

_NANOSECONDS, _MICROSECONDS = 1e9, 1e6


def working_set_bytes(site: str, nodes: Sequence[str]) -> int:
    """Memory that cannot be taken back without harm: usage less inactive files, as the kubelet counts it."""
    total = 0
    for folder in _groups(site, nodes):
        for usage, file_key in (("memory.usage_in_bytes", "total_inactive_file"), ("memory.current", "inactive_file")):
            if (folder / usage).exists():
                stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                total += int((folder / usage).read_text()) - int(stat[file_key])
    return total


def cpu_cores(site: str, nodes: Sequence[str], over_seconds: float) -> float:
    """Cores in use, on average over some time."""
    before, began = _cpu_seconds(site, nodes), time.monotonic()
    time.sleep(over_seconds)
    return (_cpu_seconds(site, nodes) - before) / (time.monotonic() - began)


def _cpu_seconds(site: str, nodes: Sequence[str]) -> float:
    total = 0.0
    for folder in _groups(site, nodes):
        if folder.parent.name.startswith("cpuacct") and (folder / "cpuacct.usage").exists():
            total += int((folder / "cpuacct.usage").read_text()) / _NANOSECONDS
        elif folder.parent == cgroups.ROOT and (folder / "cpu.stat").exists():
            lines = (folder / "cpu.stat").read_text().splitlines()
            total += int(dict(line.split() for line in lines)["usage_usec"]) / _MICROSECONDS
    return total


def _groups(site: str, nodes: Sequence[str]) -> Iterator[Path]:
    for node in nodes:
        for hierarchy in cgroups.hierarchies():
            yield hierarchy / f"govcloud-{site}.{node}"
