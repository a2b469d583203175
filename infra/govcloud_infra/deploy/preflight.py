"""Is this host fit for the site? Asked before anything is changed; every reason at once.

Facts are gathered in one place, so that the judgement is a pure function of them. A site of machines that exist
already asks little of this host: a folder to write in, and SSH.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import PreflightFailed
from govcloud_infra.machines import network
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Site

_TOOLS = {"ssh": "openssh-client", "ssh-keygen": "openssh-client"}
_STATIC_TOOLS = {"ssh-keyscan": "openssh-client"}
_LAB_TOOLS = {"systemd-nspawn": "systemd-container", "ip": "iproute2", "tar": "tar", "mount": "mount"}
_PACKAGES = {**_LAB_TOOLS, **_TOOLS, **_STATIC_TOOLS}
_FILE_SYSTEMS = ("overlay", "bpf", "tmpfs")
_GIB = 1024**3
_FIRST_DISK_GIB, _AGAIN_DISK_GIB, _REMOTE_DISK_GIB = 12, 2, 1
_BASE_MEMORY_GIB, _NODE_MEMORY_GIB = 1.5, 0.75
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
_ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found on this host. `bridge` is the address on the site's bridge, None when there is none.

    `unwritable` is the folder or file that keeps the state from being written; `vip_answers`: somebody else has it.
    """

    is_root: bool
    capabilities: int
    missing_tools: tuple[str, ...]
    missing_file_systems: tuple[str, ...]
    has_control_groups: bool
    unwritable: Path | None
    free_disk_bytes: int
    free_memory_bytes: int
    deployed: bool
    bridge: str | None
    foreign_routes: tuple[str, ...]
    vip_answers: bool


def check(site: Site, paths: SitePaths) -> None:
    """Raises PreflightFailed with everything that stands in the way."""
    found = problems(site, paths)
    if found:
        raise failure(site, found)


def problems(site: Site, paths: SitePaths) -> list[str]:
    """What stands in the way on this host, one sentence each."""
    return list(judge(site, gather(site, paths), paths.state))


def failure(site: Site, found: list[str]) -> PreflightFailed:
    """The error that says all of it."""
    lines = "\n".join(f"  - {problem}" for problem in found)
    return PreflightFailed(f"This host cannot carry site {site.name}; nothing was changed:\n{lines}")


def judge(site: Site, facts: Facts, state: Path) -> Iterator[str]:
    """One sentence a problem: what, and what to do. Pure."""
    for found in by_topic(site, facts, state).values():
        yield from found


def by_topic(site: Site, facts: Facts, state: Path) -> dict[str, list[str]]:
    """The same under what they are about; every topic is there. Pure."""
    is_lab = site.has_lab_machines
    return {
        "rights": list(_rights(facts)) if is_lab else [],
        "tools": [f"`{tool}` is not installed; run: apt-get install {_PACKAGES[tool]}" for tool in facts.missing_tools],
        "kernel": list(_kernel(facts)) if is_lab else [],
        "state": list(_state(facts)),
        "room": list(_capacity(site, facts, state)),
        "addresses": list(_addresses(site, facts)),
    }


def _rights(facts: Facts) -> Iterator[str]:
    if not facts.is_root:
        yield "you are not root; machines and bridges need it: run the command with sudo"
    for name, bit in _CAPABILITIES.items():
        if facts.is_root and not facts.capabilities >> bit & 1:
            yield f"root lacks {name} here; run on the host itself or in a container that is given it"


def _kernel(facts: Facts) -> Iterator[str]:
    for name in facts.missing_file_systems:
        yield f"the kernel has no file system `{name}`; load its module or use Debian's own kernel"
    if not facts.has_control_groups:
        yield "no control groups are mounted at /sys/fs/cgroup; mount them (systemd does at boot)"


def _state(facts: Facts) -> Iterator[str]:
    if facts.unwritable:
        yield (
            f"{facts.unwritable} cannot be written to, and the site's state lies there; make it a folder that "
            "can be written to, run the command with sudo, or set GOVCLOUD_STATE"
        )


def _capacity(site: Site, facts: Facts, state: Path) -> Iterator[str]:
    disk_gib = _FIRST_DISK_GIB if site.has_lab_machines else _REMOTE_DISK_GIB
    disk_gib = min(disk_gib, _AGAIN_DISK_GIB) if facts.deployed else disk_gib
    if facts.free_disk_bytes < disk_gib * _GIB:
        free = facts.free_disk_bytes / _GIB
        yield f"{free:.1f} GiB are free for {state}, {disk_gib} GiB are needed; free some or set GOVCLOUD_STATE"
    machines = sum(node.provider == "nspawn" for node in site.spec.nodes)
    memory_gib = _BASE_MEMORY_GIB + _NODE_MEMORY_GIB * machines
    if machines and not facts.deployed and facts.free_memory_bytes < memory_gib * _GIB:
        free = facts.free_memory_bytes / _GIB
        yield f"{free:.1f} GiB of memory are free, {memory_gib:.1f} GiB are needed for {machines} nodes"


def _addresses(site: Site, facts: Facts) -> Iterator[str]:
    wanted = f"{site.spec.network.gateway}/{site.spec.network.node_cidr.prefixlen}"
    if facts.bridge and facts.bridge != wanted and not facts.deployed:
        yield f"bridge {site.spec.network.bridge} exists with {facts.bridge}; choose another spec.network.bridge"
    for route in facts.foreign_routes:
        yield f"{site.spec.network.node_cidr} is in use on this host ({route}); choose another spec.network.nodeCidr"
    if facts.vip_answers:
        yield f"something answers already on {site.api_host}:{site.api_port}; choose an unused address as spec.api.vip"


def gather(site: Site, paths: SitePaths) -> Facts:
    """Look at this host."""
    place = next(folder for folder in [paths.state, *paths.state.parents] if folder.exists())
    bridge = network.state(site.spec.network.bridge) if site.spec.network.bridge and shutil.which("ip") else None
    return Facts(
        is_root=os.geteuid() == 0,
        capabilities=_capabilities(),
        missing_tools=tuple(tool for tool in tools(site) if not shutil.which(tool)),
        missing_file_systems=tuple(name for name in _FILE_SYSTEMS if name not in _known_file_systems()),
        has_control_groups=any(Path("/sys/fs/cgroup").glob("*")),
        # The kernel says no here for a file system that is read-only too, whoever asks.
        unwritable=None if place.is_dir() and os.access(place, os.W_OK | os.X_OK) else place,
        free_disk_bytes=shutil.disk_usage(place).free,
        free_memory_bytes=_free_memory(),
        deployed=paths.kubeconfig.exists(),
        bridge=bridge.address if bridge else None,
        foreign_routes=_foreign_routes(site),
        vip_answers=_vip_answers(site, paths),
    )


def tools(site: Site) -> list[str]:
    """Programs of this host that the site needs. Pure."""
    lab = _LAB_TOOLS if site.has_lab_machines else {}
    static = _STATIC_TOOLS if any(node.provider == "static" for node in site.spec.nodes) else {}
    return [*lab, *_TOOLS, *static]


def _capabilities() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))


def _known_file_systems() -> set[str]:
    return {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def _foreign_routes(site: Site) -> tuple[str, ...]:
    if not site.has_lab_machines or not shutil.which("ip"):
        return ()
    command = ["ip", "-4", "route", "show", "root", str(site.spec.network.node_cidr)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = found.stdout.splitlines()
    return tuple(line.strip() for line in lines if f"dev {site.spec.network.bridge} " not in f"{line} ")


def _vip_answers(site: Site, paths: SitePaths) -> bool:
    # Once a run got as far as the inventory, it may be this very site that answers. A lab's address cannot: nobody but
    # the lab's own machines is on its bridge.
    if site.spec.api is None or paths.inventory.exists() or all(node.provider == "nspawn" for node in site.spec.nodes):
        return False
    try:
        with socket.create_connection((str(site.api_host), site.api_port), timeout=_ANSWER_SECONDS):
            return True
    except OSError:
        return False
