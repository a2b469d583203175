"""Real playbooks on this machine, through the process of its own that Ansible gets."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ApiUnavailable, ToolFailed
from govcloud_infra.ansible import playbook
from govcloud_infra.deploy import lock
from govcloud_infra.paths import SitePaths

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
AWAY = {
    "ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_user": "root",
    "ansible_ssh_common_args": "-F none -o BatchMode=yes -o ConnectTimeout=2",
}  # fmt: skip


def command(name: str, words: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.command": words, **more}


def request(
    folder: Path, tasks: list[dict[str, Any]], host: dict[str, Any] = HERE, **variables: Any
) -> playbook.Request:
    """A run of `tasks` on one host."""
    file = folder / "play.yml"
    file.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return playbook.Request(
        playbook=str(file),
        inventory={"all": {"hosts": {"here": {**host, "ansible_remote_tmp": str(folder / "tmp")}}}},
        variables=variables,
        paths=SitePaths(state=folder / "state", cache=folder / "cache"),
        mitogen=False,
    )


def test_steps_are_told_and_changes_are_returned(tmp_path: Path) -> None:
    steps: list[str] = []
    tasks = [
        command("Look", "true", changed_when=False),
        command("Make", "touch {{ place }}", changed_when=True),
        command("Expected to fail", "false", failed_when=False, changed_when=False),
    ]
    changed = playbook.run(request(tmp_path, tasks, place=str(tmp_path / "made")), steps.append)
    assert steps == ["Look", "Make", "Expected to fail"]
    assert changed == ["here: Make"]
    assert (tmp_path / "made").exists()


def test_a_failure_names_host_task_reason_and_log(tmp_path: Path) -> None:
    tasks = [command("Break", "sh -c 'echo the disk is full >&2; exit 3'"), command("Never", f"touch {tmp_path}/never")]
    with pytest.raises(ToolFailed, match="here / Break: non-zero return code; the disk is full") as caught:
        playbook.run(request(tmp_path, tasks), print)
    assert f"Log: {tmp_path}/state/logs/ansible.log" in str(caught.value)
    assert not (tmp_path / "never").exists()


def test_a_machine_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(ApiUnavailable, match=r"here / Look: .*Connection refused"):
        playbook.run(request(tmp_path, [command("Look", "true")], AWAY), print)


@pytest.mark.parametrize("text", ["- hosts: [", "- hosts: all\n  roles: [no_such_role]\n"], ids=["not YAML", "no role"])
def test_a_playbook_that_cannot_be_read_says_why(text: str, tmp_path: Path) -> None:
    wanted = request(tmp_path, [])
    Path(wanted.playbook).write_text(text)
    with pytest.raises(ToolFailed, match=r"Playbook .*play\.yml stopped: .*(YAML|no_such_role)"):
        playbook.run(wanted, print)


RUN = """
import sys
from pathlib import Path
from govcloud_infra.ansible import playbook
from govcloud_infra.paths import SitePaths
folder = Path(sys.argv[1])
host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
host["ansible_remote_tmp"] = str(folder / "tmp")
playbook.run(playbook.Request(
    playbook=str(folder / "play.yml"), inventory={"all": {"hosts": {"here": host}}}, variables={},
    paths=SitePaths(state=folder / "state", cache=folder / "cache"), mitogen=False,
), lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_run_ends_with_the_command_that_started_it(sent: signal.Signals, tmp_path: Path) -> None:
    wanted = request(tmp_path, [command("Wait", "sleep 300")])
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "Wait\n"
        assert lock.leftovers(wanted.paths.state) != []
        os.kill(parent.pid, sent)
    deadline = time.monotonic() + 30
    while lock.leftovers(wanted.paths.state) and time.monotonic() < deadline:
        time.sleep(0.1)  # other processes end in their own time
    assert lock.leftovers(wanted.paths.state) == []
