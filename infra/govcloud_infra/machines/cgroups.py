"""Control groups of a lab machine, on hosts with cgroup v1, v2 or both.

A machine gets a group of its own in every hierarchy. After a power loss the groups go too: BPF programs that
Cilium attached to them would outlive the machine and answer for services that are gone.
"""

import contextlib
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_V1 = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd", "unified")


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Mount points: one on a host with cgroup v2 alone, else one a controller."""
    if (root / "cgroup.controllers").exists():
        return [root]
    return [root / name for name in _V1 if (root / name).is_dir()]


def enter(group: str, pid: int, root: Path = ROOT) -> None:
    """Make `group` in every hierarchy and move `pid` there."""
    for hierarchy in hierarchies(root):
        folder = hierarchy / group
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            own, parent = folder / name, hierarchy / name
            if own.exists() and parent.exists() and not own.read_text().strip():
                own.write_text(parent.read_text())
        (folder / "cgroup.procs").write_text(str(pid))


def processes(group: str, root: Path = ROOT) -> set[int]:
    """Every process in `group` or below it."""
    found: set[int] = set()
    for hierarchy in hierarchies(root):
        for file in (hierarchy / group).rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in file.read_text().split())
    return found


def remove(group: str, root: Path = ROOT) -> bool:
    """Remove the emptied groups, deepest first; False while something still lives in one."""
    clean = True
    for hierarchy in hierarchies(root):
        top = hierarchy / group
        folders = sorted((item for item in top.rglob("*") if item.is_dir()), key=lambda item: -len(item.parts))
        for folder in [*folders, top]:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                clean = False
    return clean
