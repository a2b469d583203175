"""Tars are the same, byte for byte, for the same content."""

import os
import tarfile
from pathlib import Path

from govcloud_infra.bundle import archive


def make(folder: Path, name: str, order: int) -> bytes:
    source = folder / name
    (source / "deep").mkdir(parents=True)
    for file in sorted(("b.txt", "a.txt", "deep/c.sh"))[::order]:
        (source / file).write_text(file)
    (source / "deep/c.sh").chmod(0o700)
    os.utime(source / "a.txt", (order + 10, order + 10))
    output = folder / f"{name}.tar"
    entries = archive.tree(source, "opt/x")[::order]
    entries.append(archive.Entry(path="tmp", mode=0o1777))
    entries.append(archive.Entry(path="/bin/sh", mode=0o777, link="busybox"))
    archive.write(output, entries, parents=True)
    return output.read_bytes()


def test_neither_order_nor_times_nor_place_matter(tmp_path: Path) -> None:
    assert make(tmp_path, "one", 1) == make(tmp_path, "two", -1)


def test_members_are_sorted_owned_by_root_and_have_their_modes(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    with tarfile.open(tmp_path / "one.tar") as tar:
        members = {m.name: m for m in tar}
    assert list(members) == [
        "bin",
        "bin/sh",
        "opt",
        "opt/x",
        "opt/x/a.txt",
        "opt/x/b.txt",
        "opt/x/deep",
        "opt/x/deep/c.sh",
        "tmp",
    ]
    assert {(m.uid, m.gid, m.mtime) for m in members.values()} == {(0, 0, archive.TIME_SECONDS)}
    assert members["opt/x/deep/c.sh"].mode == 0o755
    assert members["opt/x/a.txt"].mode == 0o644
    assert members["tmp"].mode == 0o1777
    assert members["bin/sh"].linkname == "busybox"


def test_over_another_layer_folders_are_left_alone(tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_text("x")
    archive.write(tmp_path / "x.tar", archive.tree(source, "usr/bin/x", 0o755), parents=False)
    with tarfile.open(tmp_path / "x.tar") as tar:
        assert tar.getnames() == ["usr/bin/x"]


def test_one_file_out_of_a_tar(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    archive.member(tmp_path / "one.tar", "/opt/x/b.txt", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "b.txt"
