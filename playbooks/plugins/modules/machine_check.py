#!/usr/bin/python
"""Ansible module: is this machine fit to become a node? Every reason at once; nothing is changed."""

DOCUMENTATION = r"""
module: machine_check
short_description: Is this machine fit to become a node?
description:
  - Looks at the operating system, memory, disk, ports, clock, kernel and programs, and fails with every C(problem).
  - A machine that is part of a cluster already is not asked for free ports, and for less free disk.
options:
  os_release:
    description: The system it must run, C(id) and list C(versions), as in /etc/os-release.
    type: dict
    required: true
  min_memory_bytes:
    description: Memory that it must have.
    type: int
    required: true
  min_disk_bytes:
    description: Free space that /var must have before the machine becomes a node.
    type: int
    required: true
  min_disk_bytes_member:
    description: Free space that /var must have when the machine is a node.
    type: int
    required: true
  ports:
    description: TCP ports that must be free before the machine becomes a node.
    type: list
    elements: int
    default: []
  own_programs:
    description: Programs of ours, by path. An interrupted run may have left them on one of the ports.
    type: list
    elements: str
    default: []
  programs:
    description: Program that must be installed, and the Debian package that brings it.
    type: dict
    default: {}
  clock_ahead_seconds:
    description: How far the machine's clock is ahead of the controller's; negative when it is behind.
    type: float
    default: 0.0
  max_skew_seconds:
    description: How far it may be off, either way.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Is the machine fit?
  machine_check:
    os_release: {id: debian, versions: ["12"]}
    min_memory_bytes: 1700000000
    min_disk_bytes: 8589934592
    min_disk_bytes_member: 1073741824
    ports: [6443]
    max_skew_seconds: 2.0
"""

RETURN = r"""
problems:
  description: What stands in the way, one sentence each, with what to do.
  type: list
  returned: failed
report:
  description: What was found, below C(machine), with C(warnings) about what is worth a look but no fault.
  type: dict
  returned: always
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

KUBELET = Path("/etc/kubernetes/kubelet.conf")
CONTROLLERS = ("cpu", "memory", "pids")
_LISTENS = "0A"
_SEARCH = os.pathsep.join(["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])


def os_release(text: str) -> tuple[str, str]:
    """(id, version) of /etc/os-release."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    return values.get("ID", "").strip("\"'"), values.get("VERSION_ID", "").strip("\"'")


def memory_bytes(meminfo: str) -> int:
    """All memory of the machine, from /proc/meminfo."""
    return next((int(line.split()[1]) * 1024 for line in meminfo.splitlines() if line.startswith("MemTotal:")), 0)


def listeners(table: str) -> dict[int, str]:
    """Port to socket inode of everything that listens, from /proc/net/tcp or tcp6."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16): row[9] for row in rows if len(row) > 9 and row[3] == _LISTENS}


def missing_controllers(cgroup: Path) -> list[str]:
    """Controllers of control groups, version 1 or 2, that a kubelet needs and that are not there."""
    unified = cgroup / "cgroup.controllers"
    there = unified.read_text().split() if unified.exists() else [item.name for item in cgroup.glob("*/")]
    return [name for name in CONTROLLERS if name not in there]


def holder(inode: str, proc: Path) -> tuple[str, str]:
    """(program path, process id) of who holds a socket; empty when it cannot be seen."""
    for link in proc.glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):  # processes end while they are looked at
            if str(link.readlink()) == f"socket:[{inode}]":
                folder = link.parents[1]
                return str((folder / "exe").readlink()).removesuffix(" (deleted)"), folder.name
    return "", ""


def gib(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024**3:.1f} GiB"


def of_system(params: dict, found: tuple[str, str], *, is_root: bool) -> Iterator[str]:
    """Problems of what runs there."""
    wanted = params["os_release"]
    if found[0] != wanted["id"] or found[1] not in [str(item) for item in wanted["versions"]]:
        supported = f"{wanted['id']} {' or '.join(map(str, wanted['versions']))}"
        yield f"runs {' '.join(found).strip() or 'an unknown system'}, not {supported}; install that system"
    if not is_root:
        yield "its user is not root and may not become root; let the user of spec.ssh use sudo without a password"


def of_size(params: dict, memory: int, disk: int, *, member: bool) -> Iterator[str]:
    """Problems of memory and disk. A hundredth less memory than asked for is what firmware keeps."""
    if memory < params["min_memory_bytes"] * 0.99:
        yield f"has {gib(memory)} of memory, at least {gib(params['min_memory_bytes'])} is needed; add memory"
    wanted = params["min_disk_bytes_member" if member else "min_disk_bytes"]
    if disk < wanted:
        yield f"/var has {gib(disk)} free, at least {gib(wanted)} is needed; free or add disk space"


def of_clock(ahead: float, limit: float) -> Iterator[str]:
    """Problem of the clock."""
    if abs(ahead) > limit:
        side = "ahead of" if ahead > 0 else "behind"
        advice = "set it (`timedatectl set-time`), or this host's, or raise spec.time.maxSkewSeconds"
        yield f"its clock is {abs(ahead):.1f} s {side} this host's, at most {limit:g} s are allowed; {advice}"


def of_ports(taken: dict[int, tuple[str, str]], own: Iterable[str]) -> Iterator[str]:
    """Problems of ports; `taken` is port to (program, process id). What we left ourselves is none."""
    for port, (program, pid) in sorted(taken.items()):
        if program not in own:
            who = f"{program} (process {pid})" if program else "a process that cannot be seen"
            yield f"port {port} is taken by {who}; stop it, or take another machine"


def of_programs(programs: dict[str, str]) -> Iterator[str]:
    """Problem of programs that are not installed, all in one."""
    packages = {package for program, package in programs.items() if not shutil.which(program, path=_SEARCH)}
    if packages:
        text = " ".join(sorted(packages))
        yield f"Debian packages are missing: {text}; run `apt-get install {text}` on the machine"


class Machine:
    """What can be seen of the machine."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.member = KUBELET.exists()
        self.system = os_release(Path("/etc/os-release").read_text())
        self.memory = memory_bytes(Path("/proc/meminfo").read_text())
        self.disk = shutil.disk_usage("/var").free
        self.swap = len(Path("/proc/swaps").read_text().splitlines()) > 1

    def taken(self) -> dict[int, tuple[str, str]]:
        """Wanted ports on which something listens."""
        proc, found = Path("/proc"), {}
        for name in ("tcp", "tcp6"):
            with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
                found.update(listeners((proc / "net" / name).read_text()))
        return {port: holder(found[port], proc) for port in self.module.params["ports"] if port in found}

    def of_kernel(self) -> Iterator[str]:
        """Problems of what containers need."""
        if missing := missing_controllers(Path("/sys/fs/cgroup")):
            yield f"control groups lack {', '.join(missing)}; boot a stock Debian kernel, or with cgroup_enable=memory"
        if not self._knows("bpf"):
            yield "its kernel has no BPF file system, which the network needs; boot a stock Debian kernel"
        if why := self._no_overlay():
            advice = "put /var on ext4 or xfs, boot a stock Debian kernel"
            yield f"cannot overlay file systems below /var/lib ({why}); {advice}"

    def _knows(self, name: str) -> bool:
        known = name in Path("/proc/filesystems").read_text().split()
        return known or self._run("modprobe", "--dry-run", "--quiet", name)[0] == 0

    def _no_overlay(self) -> str:
        """Why containers could not be unpacked; tried in a mount namespace that ends with the try."""
        with tempfile.TemporaryDirectory(prefix="node-check-", dir="/var/lib") as folder:
            for name in ("lower", "upper", "work", "root"):
                (Path(folder) / name).mkdir()
            layers = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
            mount = ("mount", "-t", "overlay", "overlay", "-o", layers, f"{folder}/root")
            code, err = self._run("unshare", "--mount", *mount)
        return (err.strip().splitlines() or ["no reason given"])[-1] if code else ""

    def _run(self, *words: str) -> tuple[int, str]:
        """(exit code, stderr) of a program; one that is not there fails as any other does."""
        try:
            code, _, err = self.module.run_command(list(words), handle_exceptions=False)
        except OSError as error:
            return 127, str(error)
        return code, err


def problems(machine: Machine, params: dict) -> list[str]:
    """Everything that stands in the way, in the order in which one would mend it."""
    is_root = os.geteuid() == 0
    found = list(of_system(params, machine.system, is_root=is_root))
    found += of_size(params, machine.memory, machine.disk, member=machine.member)
    found += of_clock(params["clock_ahead_seconds"], params["max_skew_seconds"])
    found += of_programs(params["programs"])
    if is_root:
        found += machine.of_kernel()
    if not machine.member:
        found += of_ports(machine.taken(), params["own_programs"])
    return found


def report(machine: Machine, params: dict) -> dict:
    """What was found, for people."""
    swap = ["uses swap: pods may be slow when memory runs out; `swapoff --all` and remove it from /etc/fstab"]
    return {
        "machine": {
            "system": " ".join(machine.system),
            "memory_bytes": machine.memory,
            "free_disk_bytes": machine.disk,
            "clock_ahead_seconds": params["clock_ahead_seconds"],
            "member": machine.member,
            "warnings": swap if machine.swap else [],
        }
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "os_release": {"type": "dict", "required": True},
            "min_memory_bytes": {"type": "int", "required": True},
            "min_disk_bytes": {"type": "int", "required": True},
            "min_disk_bytes_member": {"type": "int", "required": True},
            "ports": {"type": "list", "elements": "int", "default": []},
            "own_programs": {"type": "list", "elements": "str", "default": []},
            "programs": {"type": "dict", "default": {}},
            "clock_ahead_seconds": {"type": "float", "default": 0.0},
            "max_skew_seconds": {"type": "float", "required": True},
        },
        supports_check_mode=True,
    )
    machine = Machine(module)
    said = {"report": report(machine, module.params)}
    if found := problems(machine, module.params):
        module.fail_json(msg=f"not fit to become a node: {'; '.join(found)}", problems=found, **said)
    module.exit_json(changed=False, **said)


if __name__ == "__main__":
    main()
