"""Lab machines: make, boot, look at, cut the power of, and remove a Debian system run by systemd-nspawn."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from govcloud_api.errors import NotReady, ToolFailed
from govcloud_infra.machines import cgroups, rootfs
from govcloud_infra.machines.spec import MachinePaths, MachineSpec, RootFile, nspawn_command, root_files

_HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
_STOP_SECONDS = 10.0
# A machine outlives the command that starts it, and has no business with the rest of that command's environment.
_ENVIRONMENT = ("PATH", "HOME", "LANG")


def create(spec: MachineSpec, paths: MachinePaths, archive: Path) -> str:
    """Make the machine's disk from the Debian system in `archive`; returns its SSH host key. Idempotent."""
    rootfs.unpack(archive, paths.base)
    for name in ("upper", "work", "root"):
        (paths.disk / name).mkdir(parents=True, exist_ok=True)
    if not (paths.var / "lib" / "dpkg").exists():
        _copy_var(paths)
    _mount_root(paths)
    for file in root_files(spec):
        if not (file.first and (paths.disk / "upper" / file.path).exists()):
            _write(file, paths.root)
    _enable_network(paths.root)
    return _host_key(paths.root)


def start(spec: MachineSpec, paths: MachinePaths) -> None:
    """Power on; returns at once. Nothing happens when it already runs."""
    if is_running(spec):
        return
    _forget_power(spec, paths)
    _mount_root(paths)
    paths.bpf.mkdir(parents=True, exist_ok=True)
    # A BPF file system a machine: agents that share one disturb each other.
    _run("mount", "-t", "bpf", "bpf", str(paths.bpf))
    command = [sys.executable, "-m", "govcloud_infra.machines.boot", spec.control_group, *nspawn_command(spec, paths)]
    inherited = {key: value for key, value in os.environ.items() if key in _ENVIRONMENT}
    environment = {**inherited, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "yes", "SYSTEMD_NSPAWN_USE_CGNS": "1"}
    with paths.log.open("ab") as log:
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )


def is_running(spec: MachineSpec) -> bool:
    """Does anything live in the machine's control groups?"""
    return bool(cgroups.processes(spec.control_group))


def exists(paths: MachinePaths) -> bool:
    """Is there a disk of this machine?"""
    return (paths.var / "lib" / "dpkg").exists()


def host_key(paths: MachinePaths) -> str:
    """Public SSH host key, `type base64`; empty when the machine has none."""
    file = paths.disk / "upper" / f"{_HOST_KEY}.pub"
    return " ".join(file.read_text().split()[:2]) if file.exists() else ""


def power_off(spec: MachineSpec, paths: MachinePaths) -> None:
    """Cut the power: every process dies at once and no file system is told. Raises NotReady if one survives."""
    deadline = time.monotonic() + _STOP_SECONDS
    while pids := cgroups.processes(spec.control_group):
        if time.monotonic() > deadline:
            raise NotReady(f"machine {spec.full_name} does not stop: {len(pids)} processes remain", delay_seconds=5)
        for pid in pids:
            _kill(pid)
        time.sleep(0.1)
    _forget_power(spec, paths)


def remove(spec: MachineSpec, paths: MachinePaths) -> None:
    """Cut the power and destroy the disk."""
    power_off(spec, paths)
    if paths.root.is_mount():
        _run("umount", str(paths.root))
    shutil.rmtree(paths.disk, ignore_errors=False) if paths.disk.exists() else None
    paths.log.unlink(missing_ok=True)


def _forget_power(spec: MachineSpec, paths: MachinePaths) -> None:
    """What a real power loss also empties: BPF maps, control groups, the cable."""
    if paths.bpf.is_mount():
        _run("umount", str(paths.bpf))
    if paths.bpf.exists():
        paths.bpf.rmdir()
    deadline = time.monotonic() + _STOP_SECONDS
    while not cgroups.remove(spec.control_group) and time.monotonic() < deadline:
        time.sleep(0.1)
    # A leaked network namespace would hold the host's end of the cable, and the next boot would fail on it.
    subprocess.run(["ip", "link", "delete", spec.cable], capture_output=True, check=False)


def _copy_var(paths: MachinePaths) -> None:
    unfinished = paths.disk / "var.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _run("cp", "--archive", str(paths.base / "var"), str(unfinished))
    unfinished.rename(paths.var)


def _mount_root(paths: MachinePaths) -> None:
    if not paths.root.is_mount():
        layers = f"lowerdir={paths.base},upperdir={paths.disk / 'upper'},workdir={paths.disk / 'work'}"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(paths.root))


def _write(file: RootFile, root: Path) -> None:
    target = root / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_text(file.text)
    fresh.chmod(file.mode)
    fresh.replace(target)  # whole or not at all: a kill leaves no half of it


def _enable_network(root: Path) -> None:
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    link = wants / "govcloud-machine-network.service"
    if not link.is_symlink():
        link.symlink_to("/etc/systemd/system/govcloud-machine-network.service")
    (root / "root/.ssh").chmod(0o700)


def _host_key(root: Path) -> str:
    key = root / _HOST_KEY
    public, fresh = key.with_name(f"{key.name}.pub"), key.with_name(f"{key.name}.new")
    if not key.exists() or not public.exists():
        for half in (fresh, fresh.with_name(f"{fresh.name}.pub")):
            half.unlink(missing_ok=True)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(fresh))
        fresh.with_name(f"{fresh.name}.pub").replace(public)
        fresh.replace(key)  # last: a pair is there, or is made anew
    return " ".join(public.read_text().split()[:2])


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailed(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
