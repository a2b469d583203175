"""Ctrl-C while the engine works: the command ends, nothing goes on behind it, and the next run finds no obstacle.

The machine's address lies on a network of the test's own that swallows everything, so that looking at it lasts.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from govcloud_infra.deploy import events, journal, lock
from govcloud_infra.paths import REPOSITORY

GOVCLOUD = Path(sys.executable).with_name("govcloud")
STATIC = REPOSITORY / "sites" / "static-example"


NETWORK = """
ip link set lo up
ip link add near type veth peer name far
ip address add 192.0.2.1/24 dev near
ip link set near up
ip link set far up
ip neighbour add 192.0.2.11 lladdr 02:00:00:00:00:01 dev near nud permanent
exec "$@"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """One control plane and no worker."""
    text = (STATIC / "site.yaml").read_text()
    for pattern in (r"  api:.*\n(    .*\n)*", r"    privateKeyFile:.*\n", r"    - \{name: (cp2|cp3|w1|w2).*\n"):
        text, count = re.subn(pattern, "", text)
        assert count, pattern
    (tmp_path / "departments").symlink_to(STATIC / "departments")
    file = tmp_path / "site.yaml"
    file.write_text(text)
    return file


def deploy(site: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "GOVCLOUD_STATE": str(site.parent / "state")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = ["unshare", "--net", "sh", "-c", NETWORK, "sh", GOVCLOUD, "deploy", site]
    return subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)


def interrupted(site: Path, *, everybody: bool) -> None:
    """A deploy that got SIGINT while the engine worked; `everybody`: the engine got it too, as on a terminal."""
    state = site.parent / "state" / "example"
    process = deploy(site)
    log = wait_for_engine(state, process)
    if everybody:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (out, "Traceback" in err) == ("", False), err
    assert "✗ machines" in err
    assert err.splitlines()[-1] == f"Log of this run: {log}"
    assert lock.leftovers(state) == []
    assert events.read(log)[-1]["kind"] == "error"


def test_an_interrupt_on_a_terminal_ends_everything(site: Path) -> None:
    interrupted(site, everybody=True)


@pytest.mark.long
def test_an_interrupt_that_only_we_get_does_too_and_the_next_run_goes_on(site: Path) -> None:
    interrupted(site, everybody=False)
    process = deploy(site)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 9, err
    assert (out, "Traceback" in err) == ("", False), err
    assert "no SSH server answers on 192.0.2.11" in err
    state = site.parent / "state" / "example"
    assert [run.outcome for run in journal.runs(state / "journal.ndjson")] == ["interrupted", "failed"]
    assert lock.leftovers(state) == []


def wait_for_engine(state: Path, process: subprocess.Popen[str]) -> Path:
    """Until the engine looks at the machine; returns the event log."""
    deadline = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < deadline:
        for log in (state / "logs").glob("*.ndjson"):
            if any("SSH host key of 192.0.2.11" in line["text"] for line in events.read(log)):
                return log
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"the engine never looked: {process.communicate()}")
