"""What dead labs left on this host: control groups, mounts, bridges. Looked for, never removed: a person decides.

A lab of another state folder is none of ours; what may still belong to one is left alone, or said with that doubt.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.machines import cgroups, limits

_PREFIX = "govcloud-"
_CABLE = "vb-"  # the host's end, as systemd-nspawn names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Remain:
    """A thing that nobody looks after any more, and the command that takes it away."""

    what: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where to look; other folders in tests. `state` is the folder of all sites."""

    state: Path
    proc: Path = Path("/proc")
    groups: Path = cgroups.ROOT
    links: Path = Path("/sys/class/net")
    run: Path = limits.RUN


def look(host: Host) -> list[Remain]:
    """Everything, in the order in which to take it away."""
    return [*_groups(host), *_mounts(host), *_bridges(host)]


def _groups(host: Host) -> Iterator[Remain]:
    roots = cgroups.hierarchies(host.groups)
    for name in sorted({folder.name for root in roots for folder in root.glob(f"{_PREFIX}*.*") if folder.is_dir()}):
        site, _, machine = name.removeprefix(_PREFIX).partition(".")
        pids = sorted(cgroups.processes(name, host.groups))
        if (host.state / site / "machines" / machine).exists() or any(_has_disk(host, pid) for pid in pids):
            continue
        if pids:
            numbers = " ".join(map(str, pids))
            yield Remain(
                what=f"{len(pids)} processes of machine {site}.{machine}, whose disk is gone",
                command=f"kill -9 {numbers}",
            )
        command = f"find {host.groups} -depth -type d -path '*/{name}*' -exec rmdir {{}} +"
        yield Remain(what=f"control groups of machine {site}.{machine}", command=command)


def _has_disk(host: Host, pid: int) -> bool:
    """Does the process boot a machine whose disk is there, in whichever state folder?"""
    words = _command_line(host.proc / str(pid))
    disks = [word.removeprefix(b"--directory=") for word in words if word.startswith(b"--directory=")]
    return any(Path(disk.decode(errors="replace")).exists() for disk in disks)


def _is_in_use(host: Host, place: Path) -> bool:
    """Does a machine that runs name this place on its command line?"""
    found = (_command_line(folder) for folder in host.proc.glob("[0-9]*"))
    return any(str(place).encode() in word for words in found for word in words if b"=" in word)


def _command_line(folder: Path) -> list[bytes]:
    try:
        return (folder / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it ended while we looked
        return []


def _mounts(host: Host) -> Iterator[Remain]:
    for line in (host.proc / "mounts").read_text().splitlines():
        kind, place = line.split()[2], Path(line.split()[1])
        if kind == "overlay" and place.name == "root" and place.parent.parent.name == "machines":
            site = place.parents[2]
        elif kind == "bpf" and place.name.startswith("bpf-") and place.parent.name == "run":
            site = place.parents[1]
        else:
            continue
        if not (site / "pulumi").exists() and not _is_in_use(host, place):
            yield Remain(what=f"mount {place} of a site that is gone", command=f"umount {place}")


def _bridges(host: Host) -> Iterator[Remain]:
    users = host.run / "users"
    known = set(_known_bridges(host.state))
    for name in sorted(file.name for file in users.glob("*")):
        ports = sorted(port.name for port in (host.links / name / "brif").glob("*"))
        if name in known or (ports and not _are_cut(host, ports)):
            continue
        links = [*ports, name] if (host.links / name).exists() else []
        removal = "".join(f"ip link delete {link}; " for link in links)
        alone, gone = f"bridge {name} that no site in {host.state} has", f"kernel limits held for {name}, which is gone"
        yield Remain(what=alone if links else gone, command=f"{removal}rm {users / name}")


def _are_cut(host: Host, ports: list[str]) -> bool:
    """Do the cables lead nowhere? The kernel may keep the far end of one whose machine was killed."""
    roots = cgroups.hierarchies(host.groups)
    machines = {folder.name for root in roots for folder in root.glob(f"{_PREFIX}*.*")}
    lives = any(cgroups.processes(name, host.groups) for name in machines)
    return not lives and all(port.startswith(_CABLE) for port in ports)


def _known_bridges(state: Path) -> Iterator[str]:
    for file in state.glob("*/deployed.json"):
        try:
            yield str(json.loads(file.read_text())["spec"]["network"]["bridge"])
        except (OSError, ValueError, KeyError, TypeError):  # another check says what is wrong with it
            continue
