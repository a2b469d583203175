"""The lab's bridge: a switch between the machines and this host, with no way out of it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import ToolFailed

# One kernel serves every machine: kubelet, containerd and Cilium watch more files than one Debian system does.
_SYSCTLS = {"fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 1048576}


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSpec:
    """`address` is this host's own on the bridge, with prefix length: `10.77.0.1/24`; found ones are joined."""

    name: str
    address: str


def ensure(spec: BridgeSpec) -> dict[str, int]:
    """Make the bridge and raise kernel limits; returns the limits that were lower before, for `remove`."""
    found = state(spec.name)
    if found is None:
        _ip("link", "add", spec.name, "type", "bridge")
    for address in found.address.split() if found and found.address != spec.address else []:
        # Others first: the kernel would take ours along with an older one of the same range.
        _ip("address", "delete", address, "dev", spec.name)
    _ip("address", "replace", spec.address, "dev", spec.name)
    _ip("link", "set", spec.name, "up")
    return _raise_limits()


def state(name: str) -> BridgeSpec | None:
    """What is there now; None when there is no such bridge."""
    found = subprocess.run(["ip", "-json", "address", "show", "dev", name], capture_output=True, text=True, check=False)
    if found.returncode:
        return None
    addresses = [
        f"{item['local']}/{item['prefixlen']}"
        for link in json.loads(found.stdout)
        for item in link.get("addr_info", [])
        if item["family"] == "inet"
    ]
    return BridgeSpec(name=name, address=" ".join(addresses))


def remove(name: str, limits_before: dict[str, int]) -> None:
    """Take the bridge down and give the kernel limits back."""
    if state(name) is not None:
        _ip("link", "delete", name)
    for key, value in limits_before.items():
        _sysctl(key).write_text(str(value))


def _raise_limits() -> dict[str, int]:
    before = {key: int(_sysctl(key).read_text()) for key in _SYSCTLS}
    lower = {key: value for key, value in before.items() if value < _SYSCTLS[key]}
    for key in lower:
        _sysctl(key).write_text(str(_SYSCTLS[key]))
    return lower


def _sysctl(key: str) -> Path:
    return Path("/proc/sys") / key.replace(".", "/")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailed(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")
