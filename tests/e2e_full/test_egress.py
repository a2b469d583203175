"""What each egress class opens and what it leaves shut, tried by pods through the real network."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support import probe
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
PORT = 8099
INSIDE, OUTSIDE = "172.30.99.1", "203.0.113.9"
"""Another machine of the site by private address, and a public one (TEST-NET-3): both are this host."""
CLUSTER = ["tcp:10.91.0.11:6443", "tcp:10.91.0.12:10250", "tcp:kubernetes.default.svc.cluster.local:443"]


@pytest.fixture(scope="module")
def lab(deployed: Lab) -> Iterator[Lab]:
    """Behind its bridge are two addresses that answer, gone with it."""
    with ExitStack() as stack:
        for address in (INSIDE, OUTSIDE):
            subprocess.run(["ip", "address", "add", f"{address}/32", "dev", f"gc-{deployed.name}"], check=True)
            stack.enter_context(socket.create_server((address, PORT), backlog=64))
        yield deployed


@pytest.fixture(scope="module")
def owner(lab: Lab) -> Path:
    return lab.member("tax")


@pytest.mark.parametrize(("egress", "open_"), [("closed", []), ("internal", [INSIDE]), ("public", [OUTSIDE])])
def test_a_class_opens_what_it_says(lab: Lab, owner: Path, egress: str, open_: list[str]) -> None:
    namespace = granted(lab, owner, egress)
    words = {address: "--allow" if address in open_ else "--deny" for address in (INSIDE, OUTSIDE)}
    targets = [f"{word} tcp:{address}:{PORT}" for address, word in words.items()]
    targets += [f"--deny {target}" for target in CLUSTER]
    assert probe.check(lab, namespace, owner, *targets) == dict.fromkeys(targets, True)


def granted(lab: Lab, owner: Path, egress: str) -> str:
    """Namespace of a sandbox with that class; the way to everywhere needs a person's word."""
    product = f"out{egress}"
    wish = ["--product", product, "--purpose", "sandbox", "--egress", egress, "--why", "talk to others", "-o", "json"]
    name = json.loads(lab.govcloud("env", "request", *wish, "--kubeconfig", str(owner)))["metadata"]["name"]
    there = ["environmentrequest.govcloud.internal", name, "-n", "dept-tax"]

    def phase() -> str:
        return str(lab.get(*there, kubeconfig=owner).get("status", {}).get("phase", ""))

    if egress == "public":
        eventually(lambda: phase() == "PolicyChecked", 15, "a person is waited for")
        approver = lab.member("tax", "bob", "approver")
        lab.govcloud("approvals", "approve", f"tax/{name}", "--yes", "--kubeconfig", str(approver))
    eventually(lambda: phase() == "Ready", 60, "it is ready")
    return f"tax-{product}-sandbox"
