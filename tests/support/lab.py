"""Labs of their own for whole stories: other names, bridges, addresses and state than the labs of `make deploy`."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govcloud_infra.bundle.store import Store, default_root
from govcloud_infra.machines import cgroups
from govcloud_infra.paths import REPOSITORY

GOVCLOUD = Path(sys.executable).with_name("govcloud")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A site of the repository under another name: `template` below sites/, `network` the first two numbers."""

    name: str
    template: str
    network: str


ONE = Shape(name="e2e", template="lab", network="10.91")
THREE = Shape(name="e2e-ha", template="lab-ha", network="10.92")
NAME = ONE.name
ALERTS_PORT = 30999
"""Where a story may listen for alerts, on this host's address on the lab's bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`folder` holds site file, state and tools; `environment` is that of every command."""

    folder: Path
    environment: dict[str, str]
    name: str = NAME

    @property
    def site(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def host(self) -> str:
        """This host's address on the lab's bridge."""
        network = str(yaml.safe_load(self.site.read_text())["spec"]["network"]["nodeCidr"])
        return network.replace(".0/24", ".1")

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "state" / self.name / "kubeconfig"

    def command(self, verb: str, *arguments: str) -> list[str]:
        """A verb on this lab's site."""
        return [str(GOVCLOUD), verb, *arguments, str(self.site)]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A govcloud command that goes on by itself."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([GOVCLOUD, *arguments], env=self.environment, text=True, cwd=REPOSITORY, **pipes)

    def govcloud(self, *arguments: str, code: int = 0) -> str:
        """Output of a govcloud command, which must end with `code`."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=900)
        assert process.returncode == code, f"govcloud {' '.join(arguments)}: {process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return out

    def refused(self, verb: str, code: int) -> str:
        """What a verb on this lab's site, which must end with `code`, says."""
        return self.govcloud_refused(verb, str(self.site), code=code)

    def govcloud_refused(self, *arguments: str, code: int) -> str:
        """What a command, which must end with `code`, says."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=900)
        assert process.returncode == code, f"govcloud {' '.join(arguments)}: {process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return f"{out}\n{err}"

    def kubectl(self, *arguments: str, kubeconfig: Path | None = None, given: str | None = None) -> str:
        """Output of kubectl, which must succeed."""
        done = self.try_kubectl(*arguments, kubeconfig=kubeconfig, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def try_kubectl(
        self, *arguments: str, kubeconfig: Path | None = None, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [self.folder / "bin" / "kubectl", "--kubeconfig", kubeconfig or self.kubeconfig, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, input=given, timeout=180)

    def get(self, *arguments: str, kubeconfig: Path | None = None) -> dict[str, Any]:
        """An object, or a list of them."""
        return dict(json.loads(self.kubectl("get", *arguments, "-o", "json", kubeconfig=kubeconfig)))

    def ssh(self, address: str, command: str) -> str:
        """Output of a command on a machine, which must succeed."""
        state = self.folder / "state" / self.name / "ssh"
        options = ["-i", state / "id_ed25519", "-o", f"UserKnownHostsFile={state / 'known_hosts'}"]
        done = subprocess.run(
            ["ssh", "-q", *options, f"root@{address}", command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def cut_power(self, node: str) -> None:
        """Every process of the machine dies at once; nothing is tidied up, as with a pulled plug."""
        for pid in cgroups.processes(f"govcloud-{self.name}.{node}"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_deploy(self, seconds: float) -> None:
        """Start `deploy` and kill it outright after `seconds`."""
        process = self.start("deploy", str(self.site))
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def member(self, department: str, user: str = "anna", role: str = "owner") -> Path:
        """A kubeconfig of somebody with one role in a department."""
        file = self.folder / f"{user}-{department}-{role}.kubeconfig"
        words = ["dept", "kubeconfig", department, str(self.site), "--user", user, "--role", role]
        file.write_text(self.govcloud(*words))
        return file


def make(folder: Path, shape: Shape = ONE) -> Lab:
    """A site file from one of the repository's own, under another name and on other addresses."""
    source = REPOSITORY / "sites" / shape.template
    text = (source / "site.yaml").read_text()
    own = re.search(r"nodeCidr: (\d+\.\d+)\.", text)
    assert own
    pairs = (
        (rf"name: {shape.template}\b", f"name: {shape.name}"),
        (rf"gc-{shape.template}\b", f"gc-{shape.name}"),
        (rf"\b{re.escape(own[1])}\.", f"{shape.network}."),
        (
            r"departments: \S+",
            f"departments: departments\n  alerting: {{webhookUrl: 'http://{shape.network}.0.1:{ALERTS_PORT}/alerts'}}",
        ),
    )
    for pattern, value in pairs:
        text, count = re.subn(pattern, value, text)
        assert count, pattern
    (folder / "site.yaml").write_text(text)
    return _with_tools(folder, shape.name)


def _with_tools(folder: Path, name: str) -> Lab:
    (folder / "departments").symlink_to(REPOSITORY / "sites/lab/departments")
    Store(default_root(os.environ)).place("kubernetes", folder / "bin")
    return Lab(folder=folder, environment=environment(folder), name=name)


def environment(folder: Path) -> dict[str, str]:
    """That of every command on the lab in `folder`."""
    kept = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    return {**kept, "GOVCLOUD_STATE": str(folder / "state")}


def of_machines(folder: Path, name: str, machines: Mapping[str, str], key: Path) -> Lab:
    """A site of machines that exist (name to address; the first is the control plane), reached with `key`."""
    nodes = [
        {"name": node, "role": "worker" if index else "control-plane", "address": address, "provider": "static"}
        for index, (node, address) in enumerate(machines.items())
    ]
    network = next(iter(machines.values())).rpartition(".")[0]
    spec = {
        "kubernetes": {"version": Store(default_root(os.environ)).versions()["kubernetes"]},
        "network": {"nodeCidr": f"{network}.0/24", "podCidr": "10.78.0.0/16", "serviceCidr": "10.79.0.0/16"},
        "ssh": {"privateKeyFile": str(key)},
        "nodes": nodes,
    }
    document = {"apiVersion": "govcloud.internal/v1alpha1", "kind": "Site", "metadata": {"name": name}, "spec": spec}
    (folder / "site.yaml").write_text(yaml.safe_dump(document))
    return _with_tools(folder, name)


def eventually(check: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true result of `check`; an AssertionError inside it counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        why = ""
        try:
            if result := check():
                return result
        except (AssertionError, OSError) as error:
            why = str(error)
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}; {why}"
        time.sleep(0.5)
