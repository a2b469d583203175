"""Kernel limits of the host, on a tree of plain files: raised while held, given back with the last, whatever dies."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from govcloud_infra.machines import limits

INSTANCES, WATCHES = limits.WANTED
LOW = {INSTANCES: 128, WATCHES: 65536}
HIGH = {key: value * 2 for key, value in limits.WANTED.items()}
MIXED = {INSTANCES: LOW[INSTANCES], WATCHES: HIGH[WATCHES]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host of its own in a temporary folder."""

    run: Path
    proc_sys: Path

    def hold(self, user: str) -> None:
        limits.hold(user, self.run, self.proc_sys)

    def release(self, user: str) -> None:
        limits.release(user, self.run, self.proc_sys)

    @property
    def values(self) -> dict[str, int]:
        """What the kernel says now."""
        return {key: int((self.proc_sys / key.replace(".", "/")).read_text()) for key in limits.WANTED}

    @property
    def is_as_before(self) -> bool:
        """Is nothing of ours left?"""
        return not self.run.exists()


def host(folder: Path, values: dict[str, int]) -> Host:
    for key, value in values.items():
        file = folder / "sys" / key.replace(".", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{value}\n")
    return Host(run=folder / "run" / "govcloud", proc_sys=folder / "sys")


def test_the_files_are_the_kernels() -> None:
    """Only looks: these limits are there under these names, and what is wished can be wished for."""
    assert all((limits.PROC_SYS / key.replace(".", "/")).is_file() for key in limits.WANTED)


@pytest.mark.parametrize(
    ("before", "during"),
    [
        (LOW, limits.WANTED),
        (HIGH, HIGH),
        (limits.WANTED, limits.WANTED),
        (MIXED, {INSTANCES: limits.WANTED[INSTANCES], WATCHES: HIGH[WATCHES]}),
    ],
    ids=["lower", "higher", "just so", "one lower, one higher"],
)
def test_limits_are_raised_where_they_are_lower_and_given_back(
    before: dict[str, int], during: dict[str, int], tmp_path: Path
) -> None:
    kernel = host(tmp_path, before)
    kernel.hold("gc-lab")
    assert kernel.values == during
    kernel.release("gc-lab")
    assert kernel.values == before
    assert kernel.is_as_before


def test_holding_again_is_no_second_hold(tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    kernel.hold("gc-lab")
    kernel.hold("gc-lab")
    assert kernel.values == limits.WANTED
    kernel.release("gc-lab")
    assert kernel.values == LOW


@pytest.mark.parametrize(("first", "last"), [("gc-lab", "gc-test"), ("gc-test", "gc-lab")])
def test_the_last_of_two_gives_them_back(first: str, last: str, tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    kernel.hold("gc-lab")
    kernel.hold("gc-test")
    kernel.release(first)
    assert kernel.values == limits.WANTED
    kernel.release(first)
    assert kernel.values == limits.WANTED
    kernel.release(last)
    assert kernel.values == LOW
    assert kernel.is_as_before


def test_whoever_never_held_them_gives_nothing_back(tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    kernel.release("gc-none")
    assert kernel.values == LOW
    assert kernel.is_as_before
    kernel.hold("gc-lab")
    kernel.release("gc-none")
    assert kernel.values == limits.WANTED
    kernel.release("gc-lab")
    assert kernel.values == LOW


def test_what_was_is_written_down_before_anything_changes(tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    (kernel.proc_sys / INSTANCES.replace(".", "/")).unlink()
    with pytest.raises(FileNotFoundError):
        kernel.hold("gc-lab")
    assert int((kernel.proc_sys / WATCHES.replace(".", "/")).read_text()) == LOW[WATCHES]
    assert not (kernel.run / "limits-before.json").exists()


def test_a_reboot_forgets_both_limits_and_notes(tmp_path: Path) -> None:
    host(tmp_path / "1", LOW).hold("gc-lab")
    kernel = host(tmp_path / "2", LOW)
    kernel.hold("gc-lab")
    kernel.release("gc-lab")
    assert kernel.values == LOW


class KilledError(Exception):
    """The process ends here."""


def killed_at(line: int, act: Callable[[], None]) -> bool:
    """Let `act` come as far as the `line`-th line of `hold` or `release`, and no further; was it still under way?"""
    seen = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        if frame.f_code not in (limits.hold.__code__, limits.release.__code__):
            return None
        seen += event == "line"
        if event == "line" and seen == line + 1:
            raise KilledError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KilledError:
        return True
    finally:
        sys.settrace(before)
    return False


def after_each_kill(folder: Path, verb: str, *, held: bool) -> list[Host]:
    """One host for each instant at which a process that holds or releases can be killed."""
    found: list[Host] = []
    while True:
        kernel = host(folder / str(len(found)), LOW)
        if held:
            kernel.hold("gc-lab")
        if not killed_at(len(found), partial(getattr(kernel, verb), "gc-lab")):
            return found
        found.append(kernel)


@pytest.mark.parametrize(("verb", "held"), [("hold", False), ("hold", True), ("release", True)])
def test_a_kill_at_any_instant_loses_no_original(verb: str, held: bool, tmp_path: Path) -> None:
    killed = after_each_kill(tmp_path, verb, held=held)
    assert len(killed) > 5
    for kernel in killed:
        kernel.hold("gc-lab")
        assert kernel.values == limits.WANTED
        assert json.loads((kernel.run / "limits-before.json").read_text()) == LOW
        kernel.release("gc-lab")
        assert kernel.values == LOW
        assert kernel.is_as_before


@pytest.mark.parametrize(("verb", "held"), [("hold", False), ("hold", True), ("release", True)])
def test_limits_can_be_given_back_after_a_kill_at_any_instant(verb: str, held: bool, tmp_path: Path) -> None:
    for kernel in after_each_kill(tmp_path, verb, held=held):
        kernel.release("gc-lab")
        assert kernel.values == LOW
        assert not (kernel.run / "limits-before.json").exists()


@pytest.mark.parametrize(
    "gone",
    [
        "users",
        "users lock",
        "lock",
        "limits-before.json",
        "users lock limits-before.json",
    ],
)
def test_a_kill_while_the_notes_are_removed_is_made_good(gone: str, tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    kernel.hold("gc-lab")
    for key, value in LOW.items():
        (kernel.proc_sys / key.replace(".", "/")).write_text(str(value))
    for name in gone.split():
        part = kernel.run / name
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    kernel.release("gc-lab")
    assert kernel.values == LOW
    kernel.hold("gc-lab")
    assert kernel.values == limits.WANTED
    kernel.release("gc-lab")
    assert kernel.values == LOW
    assert kernel.is_as_before


def test_a_lock_whose_folder_went_is_not_mistaken_for_the_new_one(tmp_path: Path) -> None:
    kernel = host(tmp_path, LOW)
    kernel.hold("gc-lab")
    old = (kernel.run / "lock").stat().st_ino
    with (kernel.run / "lock").open() as kept:  # keeps the inode from being used again
        kernel.release("gc-lab")
        kernel.hold("gc-other")
        assert (kernel.run / "lock").stat().st_ino != old
        assert kept.fileno() > 0
    kernel.release("gc-other")
    assert kernel.values == LOW
