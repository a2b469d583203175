"""Real playbooks on this machine, through the process of its own that Ansible gets."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ApiUnavailable, PreflightFailed, ToolFailed
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
    return on_hosts(folder, tasks, {"here": host}, **variables)


def on_hosts(
    folder: Path, tasks: list[dict[str, Any]], hosts: dict[str, dict[str, Any]], **variables: Any
) -> playbook.Request:
    """A run of `tasks` on several hosts."""
    file = folder / "play.yml"
    file.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return playbook.Request(
        playbook=str(file),
        inventory={
            "all": {
                "hosts": {name: {**host, "ansible_remote_tmp": str(folder / "tmp")} for name, host in hosts.items()}
            }
        },
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
    outcome = playbook.run(request(tmp_path, tasks, place=str(tmp_path / "made")), steps.append)
    assert steps == ["Look", "Make", "Expected to fail"]
    assert outcome == playbook.Outcome(changed=("here: Make",), reports={})
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


def test_every_host_that_fails_is_named(tmp_path: Path) -> None:
    hosts = {"w1": HERE, "w2": HERE, "w3": HERE}
    tasks = [
        command("Break", "sh -c 'echo {{ inventory_hostname }} is full >&2; exit 3'", when="inventory_hostname != 'w2'")
    ]
    with pytest.raises(ToolFailed) as caught:
        playbook.run(on_hosts(tmp_path, tasks, hosts), print)
    text = str(caught.value)
    assert "w1 / Break: non-zero return code; w1 is full" in text
    assert "w3 / Break: non-zero return code; w3 is full" in text
    assert "w2 /" not in text


# A module as the roles have them: it answers what it was told to.
ANSWER = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(
    argument_spec={"report": {"type": "dict"}, "problems": {"type": "list"}}, supports_check_mode=True
)
if module.params["problems"]:
    module.fail_json(msg="not fit", problems=module.params["problems"])
module.exit_json(changed=False, report=module.params["report"])
"""


def answering(folder: Path, name: str, **answer: Any) -> dict[str, Any]:
    (folder / "library").mkdir(exist_ok=True)
    (folder / "library" / "answer.py").write_text(ANSWER)
    return {"name": name, "answer": answer}


def test_reports_of_tasks_are_returned_by_host(tmp_path: Path) -> None:
    tasks = [
        answering(tmp_path, "First", report={"etcd": {"voters": 3}, "on": "{{ inventory_hostname }}"}),
        answering(tmp_path, "Second", report={"snapshot": {"age_seconds": 5}}),
    ]
    outcome = playbook.run(on_hosts(tmp_path, tasks, {"cp1": HERE, "cp2": HERE}), print)
    told = {"etcd": {"voters": 3}, "snapshot": {"age_seconds": 5}}
    assert outcome.reports == {"cp1": {**told, "on": "cp1"}, "cp2": {**told, "on": "cp2"}}
    assert outcome.changed == ()


def test_problems_of_all_machines_come_at_once_and_stop_the_run(tmp_path: Path) -> None:
    problems = "{{ ['no disk on ' ~ inventory_hostname, 'no memory'] if inventory_hostname != 'w2' else [] }}"
    tasks = [answering(tmp_path, "Look", problems=problems), command("Never", f"touch {tmp_path}/never")]
    wanted = on_hosts(tmp_path, tasks, {"w1": HERE, "w2": HERE, "w3": HERE, "away": AWAY})
    play = yaml.safe_load(Path(wanted.playbook).read_text())
    Path(wanted.playbook).write_text(yaml.safe_dump([{**play[0], "any_errors_fatal": True}]))
    with pytest.raises(PreflightFailed) as caught:
        playbook.run(wanted, print)
    first, *lines = str(caught.value).splitlines()
    assert first == "Machines cannot carry the site; nothing was changed on them:"
    assert set(lines[:4]) == {
        "  - w1: no disk on w1", "  - w1: no memory", "  - w3: no disk on w3", "  - w3: no memory",
    }  # fmt: skip
    assert lines[4].startswith("  - away / Look: ")
    assert not (tmp_path / "never").exists()


def test_a_check_tells_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    tasks = [{"name": "Write", "ansible.builtin.copy": {"content": "x", "dest": f"{tmp_path}/made"}}]
    wanted = request(tmp_path, tasks)
    looked = playbook.run(dataclasses.replace(wanted, check=True), print)
    assert looked.changed == ("here: Write",)
    assert not (tmp_path / "made").exists()
    assert playbook.run(wanted, print).changed == ("here: Write",)
    assert playbook.run(dataclasses.replace(wanted, check=True), print).changed == ()


def test_a_check_that_cannot_foresee_the_rest_says_so(tmp_path: Path) -> None:
    write = {"name": "Write", "ansible.builtin.copy": {"content": "x", "dest": f"{tmp_path}/made"}}
    read = {"name": "Read", "ansible.builtin.slurp": {"src": f"{tmp_path}/made"}}
    wanted = request(tmp_path, [write, read])
    looked = playbook.run(dataclasses.replace(wanted, check=True), print)
    assert looked.changed == ("here: Write",)
    assert looked.stopped is not None
    assert looked.stopped.startswith("here / Read: ")
    with pytest.raises(ToolFailed, match="here / Read"):
        playbook.run(dataclasses.replace(request(tmp_path, [read]), check=True), print)


def test_a_limit_leaves_the_other_hosts_alone(tmp_path: Path) -> None:
    tasks = [command("Make", "touch {{ place }}/{{ inventory_hostname }}")]
    (tmp_path / "made").mkdir()
    wanted = on_hosts(tmp_path, tasks, {"cp1": HERE, "w1": HERE, "w2": AWAY}, place=str(tmp_path / "made"))
    outcome = playbook.run(dataclasses.replace(wanted, limit="cp1:w1"), print)
    assert set(outcome.changed) == {"cp1: Make", "w1: Make"}
    assert {file.name for file in (tmp_path / "made").iterdir()} == {"cp1", "w1"}


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
