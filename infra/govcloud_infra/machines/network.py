"""The lab's bridge: a switch between the machines and this host, with no way out of it."""

import json
import subprocess
from dataclasses import dataclass

from govcloud_api.errors import ToolFailed
from govcloud_infra.machines import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSpec:
    """`address` is this host's own on the bridge, with prefix length: `10.77.0.1/24`; found ones are joined."""

    name: str
    address: str


def ensure(spec: BridgeSpec) -> None:
    """Make the bridge, with this one address, and hold the kernel limits that machines on it need."""
    found = state(spec.name)
    if found is None:
        _ip("link", "add", spec.name, "type", "bridge")
    for address in found.address.split() if found and found.address != spec.address else []:
        # Others first: the kernel would take ours along with an older one of the same range.
        _ip("address", "delete", address, "dev", spec.name)
    _ip("address", "replace", spec.address, "dev", spec.name)
    _ip("link", "set", spec.name, "up")
    limits.hold(spec.name)  # last: a bridge that cannot be made holds nothing


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


def plug(cable: str, bridge: str) -> None:
    """Put the host's end of a machine's cable back into the bridge, where it is in none; fine without a cable."""
    if not is_plugged(cable, bridge):
        _ip("link", "set", cable, "master", bridge, "up")


def is_plugged(cable: str, bridge: str) -> bool:
    """Does the cable end in the bridge? One that is not there (a machine is starting) counts as plugged in."""
    found = subprocess.run(["ip", "-json", "link", "show", "dev", cable], capture_output=True, text=True, check=False)
    return bool(found.returncode) or all(link.get("master") == bridge for link in json.loads(found.stdout))


def remove(name: str) -> None:
    """Take the bridge down and give the kernel limits back."""
    if state(name) is not None:
        _ip("link", "delete", name)
    limits.release(name)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailed(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")
