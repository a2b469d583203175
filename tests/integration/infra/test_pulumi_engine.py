"""The real engine with our provider, on a bridge in a network namespace of its own."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from govcloud_infra.deploy import lock

RUN = Path(__file__).with_name("engine_run.py")
ADDRESS, OTHER = "192.0.2.1/24", "192.0.2.9/24"
# Stands before the real `ip`: where the file `slow` lies, making a link takes so long that a test can kill the maker.
SLOW_IP = """#!/bin/sh
{ip} "$@" || exit $?
[ "$1 $2" = "link add" ] && [ -e {slow} ] && : >{made} && sleep 3
exit 0
"""


@dataclass(slots=True, kw_only=True)
class Site:
    """A network namespace, a state folder, and the commands on them."""

    namespace: str
    state: Path
    bridge: str = field(default_factory=lambda: f"gct-{secrets.token_hex(4)}")
    address: str = ADDRESS

    def start(self, verb: str) -> subprocess.Popen[str]:
        """Begin a command; the caller waits for it, or kills it."""
        tools = self.state.parent / "tools"
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        command = [sys.executable, str(RUN), verb, str(self.state), self.bridge, self.address]
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, verb: str) -> list[str]:
        """The changes that a command reports; fails the test when the command fails."""
        child = self.start(verb)
        out, err = child.communicate()
        assert child.returncode == 0, err
        outcome = json.loads(out)
        assert outcome["changes"] == len(outcome["details"])
        return list(outcome["details"])

    def ip(self, *arguments: str) -> str:
        """`ip` in the namespace."""
        command = ["ip", "-netns", self.namespace, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def addresses(self) -> list[str]:
        """IPv4 addresses of the bridge; fails when there is none."""
        return [item for item in self.ip("-4", "-oneline", "address", "show", self.bridge).split() if "/" in item]

    def exists(self) -> bool:
        """Is there a bridge?"""
        return f" {self.bridge}: " in self.ip("link")

    def killed_while_making(self, *, power_loss: bool) -> None:
        """Run `up`, and kill the command, or all it started too, when the bridge was made but not yet written down."""
        made, slow = self.state.parent / "made", self.state.parent / "slow"
        slow.touch()
        child = self.start("up")
        deadline = time.monotonic() + 60
        while not made.exists():
            assert child.poll() is None, child.communicate()
            assert time.monotonic() < deadline, "the bridge was not made"
            time.sleep(0.05)  # another process makes it in its own time
        for pid in [child.pid, *(lock.leftovers(self.state) if power_loss else [])]:
            os.kill(pid, signal.SIGKILL)
        child.communicate()
        slow.unlink()
        made.unlink()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site; its namespace, and with it every link, is gone afterwards."""
    namespace = f"gct-{secrets.token_hex(4)}"
    tools = tmp_path / "tools"
    tools.mkdir()
    script = SLOW_IP.format(ip=shutil.which("ip"), slow=tmp_path / "slow", made=tmp_path / "made")
    (tools / "ip").write_text(script)
    (tools / "ip").chmod(0o755)
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        found = Site(namespace=namespace, state=tmp_path / "state")
        found.ip("link", "set", "lo", "up")
        yield found
    finally:
        subprocess.run(["ip", "netns", "delete", namespace], check=True)


def test_create_repair_and_remove(site: Site) -> None:
    assert site.run("preview") == ["create Network network"]
    assert not site.exists()
    assert site.run("up") == ["create Network network"]
    assert site.addresses() == [ADDRESS]
    assert site.run("up") == []

    site.ip("link", "delete", site.bridge)
    assert site.run("preview") == ["create Network network"]
    assert not site.exists()
    site.run("up")
    assert site.addresses() == [ADDRESS]

    site.address = OTHER
    assert site.run("up") == ["update Network network (address)"]
    assert site.addresses() == [OTHER]
    site.ip("address", "add", "198.51.100.1/24", "dev", site.bridge)
    assert site.run("up") == ["update Network network (address)"]
    assert site.addresses() == [OTHER]
    assert site.run("up") == []

    assert site.run("destroy") == ["delete Network network"]
    assert not site.exists()
    assert_nothing_is_left(site)


@pytest.mark.long
@pytest.mark.parametrize("power_loss", [False, True], ids=["the command", "everything"])
def test_what_was_killed_is_completed_by_the_next(site: Site, power_loss: bool) -> None:
    site.killed_while_making(power_loss=power_loss)
    assert site.exists()
    site.run("up")
    assert site.addresses() == [ADDRESS]
    assert site.run("up") == []
    site.run("destroy")
    assert_nothing_is_left(site)


@pytest.mark.long
@pytest.mark.parametrize("power_loss", [False, True], ids=["the command", "everything"])
def test_destroy_finds_what_a_killed_run_made(site: Site, power_loss: bool) -> None:
    site.killed_while_making(power_loss=power_loss)
    assert site.exists()
    site.run("destroy")
    assert not site.exists()
    assert_nothing_is_left(site)


def test_a_failure_is_told_without_a_trace(site: Site) -> None:
    site.bridge = "gct-a-name-that-is-too-long"
    child = site.start("up")
    _, err = child.communicate()
    assert child.returncode == 1
    command = f"`ip link add {site.bridge} type bridge`"
    told = f"ToolFailed: Pulumi program `site` stopped: network: {command} failed: Error: Attribute failed policy"
    assert err.strip().splitlines()[-1].startswith(told)
    assert "update failed" not in err
    assert "Traceback" not in err


def test_secrets_of_the_state_are_the_owners_only(site: Site) -> None:
    site.run("up")
    passphrase = site.state / "pulumi" / "passphrase"
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert site.state.stat().st_mode & 0o777 == 0o700
    secret = passphrase.read_bytes()
    assert len(secret) >= 32
    others = [file for file in (site.state / "pulumi").rglob("*") if file.is_file() and file != passphrase]
    assert others
    assert [file for file in others if secret in file.read_bytes()] == []
    site.run("destroy")


def refused(site: Site, verb: str) -> str:
    """The last words of a command that must fail, without a trace."""
    child = site.start(verb)
    _, err = child.communicate()
    assert child.returncode == 1
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


@pytest.mark.long
def test_a_state_opens_with_its_own_passphrase_only(site: Site) -> None:
    site.run("up")
    file = site.state / "pulumi" / "passphrase"
    right = file.read_bytes()
    state = contents(site)
    file.write_bytes(b"another")
    for verb in ("preview", "up", "destroy"):
        assert refused(site, verb).startswith(f"ConfigError: {file} does not open the state of this site; put the file")
    (site.state / "pulumi" / "site" / "Pulumi.site.yaml").unlink()
    assert refused(site, "up").startswith(f"ConfigError: {file} does not open the state of this site; put the file")
    file.unlink()
    for verb in ("preview", "up", "destroy"):
        assert refused(site, verb).startswith(f"ConfigError: {file} is gone, and the state beside it")
        assert not file.exists()
    assert contents(site) == state
    assert site.exists()
    file.write_bytes(right)
    file.chmod(0o644)
    assert refused(site, "up").startswith(f"ConfigError: {file} can be read by others (mode 0644)")
    file.chmod(0o600)
    assert site.run("up") == []
    site.run("destroy")


def contents(site: Site) -> dict[Path, bytes]:
    """Every stack of the engine's state."""
    return {file: file.read_bytes() for file in (site.state / "pulumi" / "state").rglob("site.json")}


def test_a_state_that_cannot_be_written_is_named(site: Site) -> None:
    site.run("up")
    folder = site.state / "pulumi"
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        told = refused(site, "up")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert told.startswith("PreflightFailed: ")
    assert "cannot be written (Read-only file system)" in told
    site.run("destroy")


def assert_nothing_is_left(site: Site) -> None:
    """No lock, no stack, no process."""
    state = site.state / "pulumi" / "state" / ".pulumi"
    assert [file for file in (state / "locks").rglob("*") if file.is_file()] == []
    assert [*state.rglob("site.json")] == []
    assert lock.leftovers(site.state) == []
