"""Everything that can stop a deploy does so once; the next run converges each time."""

import json
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from support.interruption import interrupted_at, told_at
from support.lab import Lab

pytestmark = pytest.mark.e2e
# One step of each phase that a first deploy shows.
STEPS = ("wait for SSH", "Install containerd", "Start or complete the control plane", "Connect pods", "platform")


@pytest.mark.parametrize("step", STEPS)
def test_interrupted_by_the_keyboard_or_killed_in_every_phase(one: Lab, step: str) -> None:
    code, shown = told_at(one, step, 0.5, lambda process: process.send_signal(signal.SIGINT))
    assert code == 130, shown[-2000:]
    assert "Traceback" not in shown
    assert interrupted_at(one, step, after_seconds=1.0) == -signal.SIGKILL


def test_a_machine_loses_power_in_the_middle(one: Lab) -> None:
    code, shown = told_at(one, "Approve the kubelets", 0.5, lambda _: one.cut_power("w1"))
    assert code in (0, 5, 6, 9), shown[-2000:]
    assert "Traceback" not in shown


def test_the_next_run_converges(one: Lab) -> None:
    one.govcloud("deploy", str(one.site))
    assert json.loads(one.govcloud("deploy", str(one.site), "-o", "json"))["changed"] == {
        "machines": [], "cluster": [], "platform": [],
    }  # fmt: skip
    journal = (one.folder / "state" / one.name / "journal.ndjson").read_text()
    assert "interrupted" in journal


def test_the_second_run_is_the_same_without_mitogen(one: Lab) -> None:
    plain = replace(one, environment={**one.environment, "GOVCLOUD_MITOGEN": "0"})
    changed = json.loads(plain.govcloud("deploy", str(one.site), "-o", "json"))["changed"]
    assert changed["cluster"] == []


def test_a_killed_repair_is_completed_by_the_next_run(one: Lab) -> None:
    one.cut_power("w1")
    one.kill_deploy(8.0)
    one.govcloud("deploy", str(one.site))
    one.govcloud("status", str(one.site))


def test_a_second_operator_is_told_who_is_first(one: Lab) -> None:
    first = one.start("deploy", str(one.site))
    time.sleep(3)  # it holds the lock from its first phase on
    told = one.refused("deploy", code=8)
    assert "root" in told
    assert str(first.pid) in told
    first.communicate(timeout=300)
    assert first.returncode == 0


def test_a_wrong_passphrase_makes_nothing_new(one: Lab) -> None:
    file = one.folder / "state" / one.name / "pulumi" / "passphrase"
    kept = file.read_text()
    file.write_text("another")
    told = one.refused("deploy", code=3)
    assert str(file) in told
    file.write_text(kept)
    assert json.loads(one.govcloud("deploy", str(one.site), "-o", "json"))["changed"]["machines"] == []


def test_a_state_folder_that_is_read_only_is_told(one: Lab) -> None:
    state = one.folder / "state" / one.name
    for words in (["mount", "--bind", state, state], ["mount", "-o", "remount,bind,ro", state]):
        subprocess.run(words, check=True)
    try:
        told = one.refused("deploy", code=4)
        assert str(state) in told
    finally:
        subprocess.run(["umount", state], check=True)
