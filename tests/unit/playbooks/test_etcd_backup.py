"""A snapshot counts once it is whole, checked and on the disk; until then nothing that was good before goes."""

import hashlib
import importlib.util
import json
import shutil
import stat
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.paths import REPOSITORY

FILE = REPOSITORY / "playbooks" / "roles" / "etcd_backup" / "files" / "etcd_backup.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("etcd_backup", FILE)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


etcd_backup = script()
PAGES = b"p" * 1024
WHOLE = PAGES + hashlib.sha256(PAGES).digest()


class Machine:
    """etcdctl and etcdutl that do as told, and a folder of snapshots."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.snapshots = folder / "bin", folder / "snapshots"
        self.programs.mkdir()
        self.snapshots.mkdir()
        (folder / "content").write_bytes(WHOLE)
        self.content = folder / "content"
        self.database_bytes = 4096
        self.saves("cp $CONTENT $FILE")
        self.checks("exit 0")

    def saves(self, body: str) -> None:
        """What `etcdctl snapshot save FILE` does."""
        status = json.dumps([{"Status": {"dbSize": self.database_bytes}}])
        asked = f"case $* in *'endpoint status'*) echo '{status}'; exit;; esac"
        self._program("etcdctl", f"CONTENT={self.content}\nfor FILE; do :; done\n{asked}\n{body}")

    def checks(self, body: str) -> None:
        """What `etcdutl snapshot status FILE` does."""
        self._program("etcdutl", body)

    def older(self, *names: str) -> None:
        """Good snapshots of other days."""
        for name in names:
            (self.snapshots / name).write_bytes(WHOLE)

    def backup(self, keep: int = 2) -> int:
        """Exit code of the script."""
        words = [f"--folder={self.snapshots}", f"--keep={keep}", "--endpoint=https://127.0.0.1:2379"]
        return int(etcd_backup.main([*words, f"--programs={self.programs}"]))

    def files(self) -> list[str]:
        """What lies in the folder, the lock apart."""
        return sorted(file.name for file in self.snapshots.iterdir() if file.name != ".lock")

    def _program(self, name: str, body: str) -> None:
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(etcd_backup.os, "umask", lambda _: 0)  # the whole test process would keep it
    return Machine(tmp_path)


OLD = ("snapshot-20260101T000000Z.db", "snapshot-20260102T000000Z.db")


def test_a_snapshot_is_kept_for_root_alone(machine: Machine) -> None:
    assert machine.backup() == 0
    [name] = machine.files()
    assert (machine.snapshots / name).read_bytes() == WHOLE
    assert stat.S_IMODE((machine.snapshots / name).stat().st_mode) == 0o600


def test_the_newest_few_stay(machine: Machine) -> None:
    machine.older(*OLD)
    (machine.snapshots / "notes.txt").touch()
    assert machine.backup(keep=2) == 0
    assert "notes.txt" in machine.files()
    assert OLD[0] not in machine.files()
    assert OLD[1] in machine.files()
    assert len(machine.files()) == 3


@pytest.mark.parametrize(
    ("saves", "checks", "says"),
    [
        ("echo '{}' >&2; echo 'Error: deadline exceeded' >&2; exit 1", "exit 0", "etcdctl: deadline exceeded"),
        ("head -c 600 $CONTENT > $FILE; echo 'no space left' >&2; exit 1", "exit 0", "etcdctl: no space left"),
        ("touch $FILE.part; kill -9 $$", "exit 0", "exit code -9"),
        ("head -c 1000 $CONTENT > $FILE", "exit 0", "the snapshot is damaged"),
        ("tr p q < $CONTENT > $FILE", "exit 0", "the snapshot is damaged"),
        (": > $FILE", "exit 0", "the snapshot is damaged"),
        ("cp $CONTENT $FILE", "echo 'invalid database' >&2; exit 2", "etcdutl: invalid database"),
    ],
    ids=["no answer", "disk full", "killed", "cut short", "bits flipped", "empty", "not a database"],
)  # fmt: skip
def test_a_failure_leaves_all_that_was_good(
    saves: str, checks: str, says: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.older(*OLD)
    machine.saves(saves)
    machine.checks(checks)
    assert machine.backup(keep=1) == 1
    assert machine.files() == sorted(OLD)
    assert says in capsys.readouterr().err


def test_a_snapshot_that_would_fill_the_disk_is_not_begun(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.older(*OLD)
    machine.database_bytes = shutil.disk_usage(machine.snapshots).total
    machine.saves("exit 9")
    assert machine.backup(keep=1) == 1
    assert machine.files() == sorted(OLD)
    assert "free disk space" in capsys.readouterr().err


def test_what_a_killed_run_left_goes_with_the_next(machine: Machine) -> None:
    for name in (".unfinished.db", ".unfinished.db.part"):
        (machine.snapshots / name).write_text("half")
    assert machine.backup() == 0
    assert [name for name in machine.files() if "unfinished" in name] == []


def test_an_answer_that_is_none_fails_in_one_line(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine._program("etcdctl", "echo not JSON")
    assert machine.backup() == 1
    assert capsys.readouterr().err.startswith("No snapshot of etcd was taken: ")


@given(st.lists(st.floats(0, 4e9), unique_by=int), st.integers(-1, 5))
def test_only_the_oldest_are_too_many(moments: list[float], keep: int) -> None:
    names = [etcd_backup.name(moment) for moment in moments]
    gone = etcd_backup.surplus(names, keep)
    assert len(set(names)) - len(gone) == min(len(names), max(keep, 1))
    assert all(old < new for old in gone for new in set(names) - set(gone))
