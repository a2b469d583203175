"""Is this host fit for the site? Asked before anything is changed; every reason at once.

Facts are gathered in one place, so that the judgement is a pure function of them.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import PreflightFailed
from govcloud_infra.machines import network
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Site

_TOOLS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "tar": "tar",
    "mount": "mount",
}
_FILE_SYSTEMS = ("overlay", "bpf", "tmpfs")
_GIB = 1024**3
_FIRST_DISK_GIB, _AGAIN_DISK_GIB = 12, 2
_BASE_MEMORY_GIB, _NODE_MEMORY_GIB = 1.5, 0.75
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found on this host. `bridge` is the address on the site's bridge, None when there is none."""

    is_root: bool
    capabilities: int
    missing_tools: tuple[str, ...]
    missing_file_systems: tuple[str, ...]
    has_control_groups: bool
    free_disk_bytes: int
    free_memory_bytes: int
    deployed: bool
    bridge: str | None
    foreign_routes: tuple[str, ...]


def check(site: Site, paths: SitePaths) -> None:
    """Raises PreflightFailed with everything that stands in the way."""
    problems = list(judge(site, gather(site, paths), paths.state))
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise PreflightFailed(f"This host cannot carry site {site.name}; nothing was changed:\n{lines}")


def judge(site: Site, facts: Facts, state: Path) -> Iterator[str]:
    """One sentence a problem: what, and what to do. Pure."""
    if not facts.is_root:
        yield "you are not root; machines and bridges need it: run the command with sudo"
    for name, bit in _CAPABILITIES.items():
        if facts.is_root and not facts.capabilities >> bit & 1:
            yield f"root lacks {name} here; run on the host itself or in a container that is given it"
    for tool in facts.missing_tools:
        yield f"`{tool}` is not installed; run: apt-get install {_TOOLS[tool]}"
    for name in facts.missing_file_systems:
        yield f"the kernel has no file system `{name}`; load its module or use Debian's own kernel"
    if not facts.has_control_groups:
        yield "no control groups are mounted at /sys/fs/cgroup; mount them (systemd does at boot)"
    yield from _capacity(site, facts, state)
    yield from _addresses(site, facts)


def _capacity(site: Site, facts: Facts, state: Path) -> Iterator[str]:
    disk_gib = _AGAIN_DISK_GIB if facts.deployed else _FIRST_DISK_GIB
    if facts.free_disk_bytes < disk_gib * _GIB:
        free = facts.free_disk_bytes / _GIB
        yield f"{free:.1f} GiB are free for {state}, {disk_gib} GiB are needed; free some or set GOVCLOUD_STATE"
    memory_gib = _BASE_MEMORY_GIB + _NODE_MEMORY_GIB * len(site.spec.nodes)
    if not facts.deployed and facts.free_memory_bytes < memory_gib * _GIB:
        free = facts.free_memory_bytes / _GIB
        yield f"{free:.1f} GiB of memory are free, {memory_gib:.1f} GiB are needed for {len(site.spec.nodes)} nodes"


def _addresses(site: Site, facts: Facts) -> Iterator[str]:
    wanted = f"{site.spec.network.gateway}/{site.spec.network.node_cidr.prefixlen}"
    if facts.bridge and facts.bridge != wanted and not facts.deployed:
        yield f"bridge {site.spec.network.bridge} exists with {facts.bridge}; choose another spec.network.bridge"
    for route in facts.foreign_routes:
        yield f"{site.spec.network.node_cidr} is in use on this host ({route}); choose another spec.network.nodeCidr"


def gather(site: Site, paths: SitePaths) -> Facts:
    """Look at this host."""
    place = next(folder for folder in [paths.state, *paths.state.parents] if folder.exists())
    bridge = network.state(site.spec.network.bridge) if shutil.which("ip") else None
    return Facts(
        is_root=os.geteuid() == 0,
        capabilities=_capabilities(),
        missing_tools=tuple(tool for tool in _TOOLS if not shutil.which(tool)),
        missing_file_systems=tuple(name for name in _FILE_SYSTEMS if name not in _known_file_systems()),
        has_control_groups=any(Path("/sys/fs/cgroup").glob("*")),
        free_disk_bytes=shutil.disk_usage(place).free,
        free_memory_bytes=_free_memory(),
        deployed=paths.kubeconfig.exists(),
        bridge=bridge.address if bridge else None,
        foreign_routes=_foreign_routes(site),
    )


def _capabilities() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))


def _known_file_systems() -> set[str]:
    return {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines()}


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def _foreign_routes(site: Site) -> tuple[str, ...]:
    if not shutil.which("ip"):
        return ()
    command = ["ip", "-4", "route", "show", "root", str(site.spec.network.node_cidr)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = found.stdout.splitlines()
    return tuple(line.strip() for line in lines if f"dev {site.spec.network.bridge} " not in f"{line} ")
