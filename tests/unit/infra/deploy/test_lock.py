"""One command at a time; what a killed one left running is found by its environment."""

import os
from pathlib import Path

import pytest

from govcloud_api.errors import Locked
from govcloud_infra.deploy import lock


def ignore(_text: str) -> None:
    pass


def test_a_second_command_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "lab" / "lock"
    with (
        lock.held(file, ignore),
        pytest.raises(Locked, match=rf"another command is changing this site \(process {os.getpid()}\)"),
        lock.held(file, ignore),
    ):
        pytest.fail("two commands hold one lock")
    assert (tmp_path / "lab").stat().st_mode & 0o777 == 0o700


def test_the_lock_is_free_again_however_the_command_ends(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text("99999999")  # of a run that was killed
    with pytest.raises(ValueError, match="stopped"), lock.held(file, ignore):
        raise ValueError("stopped")
    with lock.held(file, ignore):
        assert file.read_text() == str(os.getpid())


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
