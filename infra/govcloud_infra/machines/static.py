"""Machines that exist already: the SSH host key that answers at an address."""

import socket
import subprocess

from govcloud_api.errors import ApiUnavailable

KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256")
_TIMEOUT_SECONDS = 5
_ATTEMPTS = 2


def host_keys(address: str, port: int) -> list[str]:
    """Keys that the machine shows, as `type base64`, best type first.

    Raises ApiUnavailable, after some seconds, when nothing there speaks SSH.
    """
    for _ in range(_ATTEMPTS):
        done = subprocess.run(_scan(address, port), capture_output=True, text=True, check=False)
        if found := parse(done.stdout):
            return found
    raise ApiUnavailable(
        f"no SSH server answers on {address} port {port} ({_why(address, port)}); see that the machine is on, that "
        "spec.nodes has its address and spec.ssh its port, and that no firewall is between, then run the command again"
    )


def parse(scanned: str) -> list[str]:
    """Output of ssh-keyscan (`address type base64` a line) as keys of the types we pin. Pure."""
    rows = [line.split() for line in scanned.splitlines() if not line.startswith("#")]
    keys = {row[1]: f"{row[1]} {row[2]}" for row in rows if len(row) == 3}
    return [keys[kind] for kind in KEY_TYPES if kind in keys]


def _why(address: str, port: int) -> str:
    # ssh-keyscan is silent about what stopped it.
    try:
        with socket.create_connection((address, port), timeout=_TIMEOUT_SECONDS):
            return "something else listens there"
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _scan(address: str, port: int) -> list[str]:
    return ["ssh-keyscan", "-T", str(_TIMEOUT_SECONDS), "-t", "ed25519,ecdsa", "-p", str(port), "--", address]
