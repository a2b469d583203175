"""Do machines let us in? One SSH connection each, all at once; what stands in the way in words that help."""

import shlex
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.inventory import Host, SshAccess

_CONNECT_SECONDS = 5
_COMMAND_SECONDS = 30
_TOGETHER = 16
_PYTHON = "/usr/bin/python3"
_NO_PYTHON = 66
_NOT_RUN = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One machine's sshd, and with what we knock there."""

    name: str
    address: str
    port: int
    user: str
    key: Path
    known_hosts: Path

    @property
    def place(self) -> str:
        """Address and port, for people."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a command on a machine ended; `code` 255 when there was no way in."""

    code: int
    output: str
    errors: str


def doors(hosts: Iterable[Host], access: SshAccess) -> list[Door]:
    """As Ansible goes in. Pure."""
    return [
        Door(
            name=host.name,
            address=host.address,
            port=host.port,
            user=access.user if host.provider == "static" else "root",
            key=access.private_key if host.provider == "static" else access.site_key,
            known_hosts=access.known_hosts,
        )
        for host in hosts
    ]


def knock(all_doors: list[Door]) -> dict[str, str]:
    """Why each machine that cannot be used cannot; those that can are not named."""
    with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
        found = pool.map(_fault, all_doors)
        return {door.name: fault for door, fault in zip(all_doors, found, strict=True) if fault}


def ask(door: Door, script: str) -> Answer:
    """Run a line of shell on a machine, as root, for at most half a minute."""
    command = [*_ssh(door), script if door.user == "root" else f"sudo -n sh -c {shlex.quote(script)}"]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Answer(code=_NOT_RUN, output="", errors=f"no end after {_COMMAND_SECONDS} s")
    return Answer(
        code=done.returncode,
        output=done.stdout.decode(errors="replace"),
        errors=done.stderr.decode(errors="replace").strip(),
    )


def explain(door: Door, answer: Answer) -> str:
    """What is wrong and what to do; empty when nothing is. Pure."""
    said = answer.errors
    if answer.code == 0:
        return ""
    if answer.code == _NO_PYTHON:
        return f"there is no {_PYTHON}, which Ansible needs; run there: apt-get install python3"
    if "sudo:" in said:
        return (
            f"{door.user} may not use sudo without a password; allow it there in /etc/sudoers.d "
            f"({door.user} ALL=(ALL) NOPASSWD: ALL), or let spec.ssh.user be root"
        )
    if "verification failed" in said or "IDENTIFICATION HAS CHANGED" in said:
        return (
            f"{door.place} shows another SSH host key than the one that is known; if it was set up anew, correct its "
            "hostKey in spec.nodes, or remove the node and add it again; else somebody stands between: do not go on"
        )
    if "UNPROTECTED PRIVATE KEY" in said or "bad permissions" in said:
        return f"others may read {door.key}, so SSH does not use it; run: chmod 600 {door.key}"
    if "Permission denied" in said:
        return (
            f"{door.place} refuses {door.user} with the key {door.key}; put its public line ({door.key}.pub) into "
            f"~{door.user}/.ssh/authorized_keys there, or correct spec.ssh"
        )
    last = said.splitlines()[-1] if said else f"it ended with {answer.code}"
    return f"no way in by SSH at {door.place} ({last}); is it on, does sshd run, is a firewall between?"


def _fault(door: Door) -> str:
    if not door.key.is_file():
        return f"the key {door.key} is not on this host; correct spec.ssh.privateKeyFile, or put the key there"
    return explain(door, ask(door, f"test -x {_PYTHON} || exit {_NO_PYTHON}"))


def _ssh(door: Door) -> list[str]:
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(_CONNECT_SECONDS),
        "IdentitiesOnly": "yes",
        "LogLevel": "ERROR",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(door.known_hosts),
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", *words, "-i", str(door.key), "-p", str(door.port), f"{door.user}@{door.address}", "--"]
