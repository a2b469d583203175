"""One command at a time; what a killed one left running is found by its environment."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from govcloud_api.errors import Locked, PreflightFailed
from govcloud_infra.deploy import lock


def ignore(_text: str) -> None:
    pass


ANNA = lock.Owner(pid=4711, user="anna", host="ops1", command="govcloud deploy", since="2026-11-25T08:00:00+00:00")


def test_a_second_command_is_told_who_holds_the_lock_and_since_when(tmp_path: Path) -> None:
    file = tmp_path / "lab" / "lock"
    with lock.held(file, ignore, ANNA), pytest.raises(Locked) as caught, lock.held(file, ignore):
        pytest.fail("two commands hold one lock")
    assert str(caught.value) == (
        "anna on ops1 is changing this site since 2026-11-25T08:00:00+00:00 (govcloud deploy, process 4711); "
        "wait until it ends"
    )
    assert (tmp_path / "lab").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["4711", "", '{"pid": 4711}', '["x"]', '{"pid": 4711'])
def test_a_lock_of_another_version_locks_all_the_same(text: str, tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with lock.held(file, ignore), file.open("w") as other:
        other.write(text)
        other.flush()
        with (
            pytest.raises(Locked, match=r"another command is changing this site \(process .+\)"),
            lock.held(file, ignore),
        ):
            pytest.fail("two commands hold one lock")


@pytest.mark.parametrize(
    ("environ", "user"),
    [({"SUDO_USER": "anna"}, "anna"), ({"SUDO_USER": "", "USER": "mallory"}, "root" if os.getuid() == 0 else None)],
    ids=["sudo", "nobody says"],
)
def test_the_owner_is_the_person_behind_the_process(environ: dict[str, str], user: str | None) -> None:
    found = lock.owner("govcloud deploy", environ)
    assert (found.pid, found.host, found.command) == (os.getpid(), socket.gethostname(), "govcloud deploy")
    assert found.since.endswith("+00:00")
    assert user in (None, found.user)


@pytest.mark.parametrize("name", ["lock", "lab/lock"])
def test_a_state_that_cannot_be_written_is_told_with_what_to_do(name: str, tmp_path: Path) -> None:
    in_the_way = tmp_path / name.partition("/")[0]
    in_the_way.mkdir() if name == "lock" else in_the_way.touch()
    with (
        pytest.raises(PreflightFailed, match=r"cannot be written .* GOVCLOUD_STATE"),
        lock.held(tmp_path / name, ignore),
    ):
        pytest.fail("a lock that is no file")


def test_the_lock_is_free_again_however_the_command_ends(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("99999999")  # of a run that was killed
    with pytest.raises(ValueError, match="stopped"), lock.held(file, ignore):
        raise ValueError("stopped")
    with lock.held(file, ignore):
        assert json.loads(file.read_text())["pid"] == os.getpid()


def test_leftovers_are_processes_of_this_site_only(tmp_path: Path) -> None:
    state = Path("/var/lib/govcloud/lab")
    environments = {
        "17": [f"{lock.MARKER}={state}"],
        "18": ["PATH=/bin", f"{lock.MARKER}={state}", "HOME=/root"],
        "19": [f"{lock.MARKER}={state}2"],
        "20": [f"OTHER={lock.MARKER}={state}"],
        "21": [],
        "self": [f"{lock.MARKER}={state}"],
    }
    for pid, lines in environments.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "environ").write_bytes(b"\0".join(line.encode() for line in lines) + b"\0")
    (tmp_path / "22").mkdir()  # it ended while we looked
    assert sorted(lock.leftovers(state, tmp_path)) == [17, 18]


STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); signal.pause()"
WILLING = "print(flush=True); import signal; signal.pause()"


@contextmanager
def children_of(state: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """One that heeds an interrupt and one that does not, as an interrupted command leaves them."""
    environment = {**os.environ, lock.MARKER: str(state)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    children = [subprocess.Popen([sys.executable, "-c", it], env=environment, **pipes) for it in (STUBBORN, WILLING)]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_what_an_interrupted_command_started_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lock, "_END_SECONDS", 1.0)
    with children_of(tmp_path) as children:
        assert set(lock.leftovers(tmp_path)) == {child.pid for child in children}
        lock.end_leftovers(tmp_path)
        assert [child.wait(10) for child in children] == [-signal.SIGKILL, -signal.SIGINT]


def test_the_next_command_waits_for_them_and_then_ends_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lock, "_END_SECONDS", 1.0)
    monkeypatch.setattr(lock, "_LEFTOVER_SECONDS", 0.6)
    told: list[str] = []
    with children_of(tmp_path) as children:
        with lock.held(tmp_path / "lock", told.append):
            assert [child.wait(10) for child in children] == [-signal.SIGKILL, -signal.SIGINT]
        *waits, last = (text.partition(" processes")[0] for text in told)
        assert (set(waits), last) == ({"wait for"}, "end")  # how often depends on how fast the machine is
