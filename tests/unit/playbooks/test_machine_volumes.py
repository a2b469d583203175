"""Volumes are measured as `du` measures them, whatever lies in them and whatever happens meanwhile, within a budget."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.machine_metrics import disk_usage, script, volume_name

volumes = script("volumes")
NOW = 1_800_000_000.0
NAME = volume_name("tax-portal-test", "data")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of volumes. What tenants may build in them is too deep for Python to remove."""
    made = Path(tempfile.mkdtemp(prefix="govcloud-volumes-"))
    yield made
    subprocess.run(["rm", "-rf", made], check=True)


@pytest.fixture
def volume(folder: Path) -> Path:
    made = folder / NAME
    made.mkdir()
    return made


def budget(files: int = 100_000, seconds: float = 60.0) -> Any:
    return volumes.Budget(files, time.monotonic() + seconds)


def only(folder: Path, given: Any = None) -> Any:
    """What is found of the only volume."""
    [found] = volumes.measure(folder, {}, given or budget(), NOW).values()
    return found


def filled(volume: Path, files: int) -> None:
    """A volume with so many files; its own folder counts, too."""
    volume.mkdir(exist_ok=True)
    for number in range(files):
        (volume / str(number)).write_bytes(b"x" * 5000)


def test_it_counts_what_du_counts(folder: Path, volume: Path) -> None:
    (volume / "plain").write_bytes(os.urandom(300_000))
    with (volume / "sparse").open("wb") as file:
        file.truncate(1 << 30)
        file.seek(1 << 29)
        file.write(b"x" * 10_000)
    (volume / "inner").mkdir()
    (volume / "inner" / "twice").write_bytes(os.urandom(50_000))
    for number in range(3):
        os.link(volume / "inner" / "twice", volume / f"link{number}")
    (volume / "loop").symlink_to(".")
    (volume / "inner" / "up").symlink_to("..")
    (volume / "away").symlink_to("/")
    os.mkfifo(volume / "fifo")
    found = only(folder)
    assert found.whole
    assert found.used_bytes == disk_usage(volume)
    assert 350_000 < found.used_bytes < 1 << 20
    assert found.files == 9  # a file with four names once


NAMES = [b"new\nline", b'"quotes"', b"\xff\xfe not UTF-8", b'{a="b"} 1\n', b"-rf", b"\\", b"x" * 255]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_tenants_choose_do_no_harm(name: bytes, folder: Path, volume: Path) -> None:
    inner = volume / os.fsdecode(name)
    inner.mkdir()
    (inner / os.fsdecode(name)).write_bytes(b"x" * 9000)
    found = only(folder)
    assert (found.whole, found.files, found.used_bytes) == (True, 3, disk_usage(volume))


class Meanwhile(volumes.Budget):  # type: ignore[name-defined,misc]  # loaded from its file
    """A budget that lets something happen before one of the looks."""

    def __init__(self, happens: Callable[[], object], look: int) -> None:
        super().__init__(100_000, time.monotonic() + 60)
        self.looks, self.happens, self.look = 0, happens, look

    def take(self) -> bool:
        self.looks += 1
        if self.looks == self.look:
            self.happens()
        return bool(super().take())


@pytest.mark.parametrize("look", range(1, 10))
def test_what_vanishes_meanwhile_is_not_counted_and_no_fault(look: int, folder: Path, volume: Path) -> None:
    filled(volume, 4)
    filled(volume / "inner", 4)
    found = only(folder, Meanwhile(lambda: shutil.rmtree(volume), look))
    assert found.whole
    assert found.files == look  # its own folder, and what was looked at before


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(folder: Path, volume: Path, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(1_000_000))
    (volume / "inner").mkdir()

    def swap() -> None:
        (volume / "inner").rmdir()
        (volume / "inner").symlink_to(tmp_path)

    found = only(folder, Meanwhile(swap, 1))
    assert (found.whole, found.files) == (True, 2)
    assert found.used_bytes < 100_000


def test_only_folders_that_are_named_as_volumes_are_volumes(folder: Path, volume: Path, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(1_000_000))
    (folder / volume_name("tax", "link")).symlink_to(tmp_path)
    (folder / volume_name("tax", "file")).touch()
    for name in ("lost+found", "pvc-1_tax_data", volume_name("tax", "a_b"), volume_name("Tax", "a"), f"{NAME}\n"):
        (folder / name).mkdir()
    assert set(volumes.measure(folder, {}, budget(), NOW)) == {NAME}


def test_a_machine_without_volumes_has_none(tmp_path: Path) -> None:
    assert volumes.measure(tmp_path / "none", {}, budget(), NOW) == {}
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        volumes.measure(tmp_path / "file", {}, budget(), NOW)


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_tree_of_any_depth_ends_and_is_said_to_be_measured_in_part(folder: Path, volume: Path) -> None:
    before, inner = handles(), os.open(volume, os.O_RDONLY)
    for _ in range(5_000):
        os.mkdir("d", dir_fd=inner)  # below an open folder: the path is too long for the kernel
        outer, inner = inner, os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    found = only(folder)
    assert not found.whole
    assert found.files == volumes.MAX_DEPTH + 1
    assert handles() == before


@pytest.mark.parametrize(("files", "seconds"), [(10, 60.0), (100_000, -1.0), (0, 60.0)], ids=["files", "time", "none"])
def test_a_budget_ends_a_look(files: int, seconds: float, folder: Path, volume: Path) -> None:
    filled(volume, 50)
    before = handles()
    found = only(folder, budget(files, seconds))
    assert not found.whole
    assert found.files == 1 + (files if files < 50 else 0)
    assert found.used_bytes < disk_usage(volume)
    assert handles() == before


def test_a_budget_that_fits_exactly_is_enough(folder: Path, volume: Path) -> None:
    filled(volume, 50)
    assert only(folder, budget(50)).whole
    assert not only(folder, budget(49)).whole


def test_a_big_volume_is_looked_at_every_ten_minutes(
    folder: Path, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volumes, "BIG_FILES", 10)
    filled(volume, 20)
    first = volumes.measure(folder, {}, budget(), NOW)
    filled(volume / "more", 5)
    assert volumes.measure(folder, first, budget(), NOW + 599) == first
    assert volumes.measure(folder, first, budget(), NOW + 600)[NAME].files == 27
    assert volumes.measure(folder, first, budget(), NOW - 1)[NAME].files == 27, "the clock was set back"
    small = {NAME: replace(first[NAME], files=9)}
    assert volumes.measure(folder, small, budget(), NOW + 1)[NAME].files == 27, "a small one each time"


def test_what_is_gone_is_forgotten(folder: Path, volume: Path) -> None:
    first = volumes.measure(folder, {}, budget(), NOW)
    volume.rmdir()
    assert volumes.measure(folder, first, budget(), NOW) == {}


def test_one_volume_that_is_too_large_does_not_take_the_turn_of_others(folder: Path) -> None:
    giant, small = volume_name("a", "giant"), volume_name("b", "small")
    filled(folder / giant, 60)
    filled(folder / small, 5)
    first = volumes.measure(folder, {}, budget(20), NOW)
    assert [(each.files, each.whole) for each in (first[giant], first[small])] == [(21, False), (0, False)]
    second = volumes.measure(folder, first, budget(20), NOW + 60)
    assert second[giant] == first[giant], "it had a run for itself"
    assert second[small].whole
    third = volumes.measure(folder, second, budget(20), NOW + 600)
    assert third[giant].at == NOW + 600
    assert third[small] == second[small], "what was known is better than what a run cut short would know"


@settings(max_examples=25)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(13, 30))
def test_whatever_fits_into_a_run_is_measured_whole_after_a_run_each(sizes: list[int], files: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, size in enumerate(sizes):
            filled(folder / volume_name("tax", f"v{number}"), size)
        known: dict[str, Any] = {}
        for run in range(len(sizes)):
            known = volumes.measure(folder, known, budget(files), NOW + 60 * run)
        assert all(each.whole for each in known.values())
        assert sorted(each.files - 1 for each in known.values()) == sorted(sizes)


def test_an_old_volume_of_a_claim_counts_with_the_new_one() -> None:
    found = {
        volume_name("tax", "data", 1): volumes.Measured(100, 1, True, NOW),
        volume_name("tax", "data", 2): volumes.Measured(20, 1, False, NOW),
        volume_name("tax", "a.b-c", 3): volumes.Measured(3, 1, True, NOW),
    }
    assert volumes.by_claim(found) == {("tax", "data"): (120, False), ("tax", "a.b-c"): (3, True)}


def test_what_one_run_writes_the_next_one_reads(tmp_path: Path) -> None:
    found = {NAME: volumes.Measured(100, 1, True, NOW)}
    (tmp_path / "memory").write_text(volumes.plain(found))
    assert volumes.remembered(tmp_path / "memory") == found
    assert volumes.remembered(tmp_path / "none") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"a": 1}', '{"a": [1, 2, 3, 4, 5]}', "\x00", '{"a": {}}'])
def test_a_memory_that_cannot_be_read_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "memory").write_text(text)
    found = volumes.remembered(tmp_path / "memory")
    assert all(isinstance(each, volumes.Measured) for each in found.values())
    assert volumes.measure(tmp_path, found, budget(), NOW) == {}
