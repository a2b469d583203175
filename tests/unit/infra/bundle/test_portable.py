"""One file out, the same bundle in; whatever is wrong with the file is named and nothing of it is used."""

import errno
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud_api.errors import BundleCorrupt, ConfigError, ToolFailed
from govcloud_infra.bundle import manifest, portable, store
from support import bundles

Members = list[tuple[tarfile.TarInfo, bytes]]


class Silent:
    """Counts only."""

    def __init__(self) -> None:
        self.count = 0

    def advance(self, count: int) -> None:
        self.count += count


class FullAfter(Silent):
    """Stands for a disk that is full after so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def advance(self, count: int) -> None:
        super().advance(count)
        if self.count > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def kept(tmp_path: Path) -> store.Store:
    return bundles.make(tmp_path / "one")


@pytest.fixture
def file(kept: store.Store, tmp_path: Path) -> Path:
    portable.write(kept, tmp_path / "bundle.tar", Silent())
    return tmp_path / "bundle.tar"


def state(kept: store.Store) -> dict[str, bytes]:
    return {str(p.relative_to(kept.root)): p.read_bytes() for p in sorted(kept.root.rglob("*")) if p.is_file()}


def unpacked(file: Path) -> Members:
    with tarfile.open(file) as tar:
        return [(member, content.read() if (content := tar.extractfile(member)) else b"") for member in tar]


def packed(file: Path, members: Members) -> None:
    with tarfile.open(file, "w") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))


def test_round_trip_into_nothing(kept: store.Store, file: Path, tmp_path: Path) -> None:
    other, meter = store.Store(tmp_path / "two"), Silent()
    done = portable.read(other, file, meter)
    assert other.manifest() == kept.manifest()
    assert other.verify() == kept.verify() == done.blobs == done.new
    assert done.digest == kept.manifest().digest
    assert other.file("tool", "tool").stat().st_mode & 0o777 == 0o555
    assert meter.count > portable.size_of(kept)  # the manifest too


def test_the_same_bundle_gives_the_same_file_and_its_hash(kept: store.Store, file: Path, tmp_path: Path) -> None:
    other = bundles.make(tmp_path / "two")
    done = portable.write(other, tmp_path / "again.tar", Silent())
    assert (tmp_path / "again.tar").read_bytes() == file.read_bytes()
    assert done.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert done.size == file.stat().st_size


def test_the_manifest_comes_first_and_image_manifests_next(kept: store.Store, file: Path) -> None:
    names = [member.name for member, _ in unpacked(file)]
    assert names[0] == "manifest.json"
    assert names[1] == f"blobs/sha256/{kept.manifest().image('tool:v1').manifest}"
    assert names[2:] == sorted(names[2:])


def test_an_import_over_another_bundle_replaces_it_and_mends_what_is_broken(file: Path, tmp_path: Path) -> None:
    other = bundles.make(tmp_path / "two", program="older one")
    shared = other.path(other.manifest().component("tool").debian["system"].sha256)
    bundles.spoil(shared, "x" * shared.stat().st_size)
    done = portable.read(other, file, Silent())
    assert done.new == 2  # the newer program, and what was broken
    assert other.verify() == done.blobs


def test_a_second_import_writes_nothing(file: Path, tmp_path: Path) -> None:
    other = store.Store(tmp_path / "two")
    portable.read(other, file, Silent())
    before = state(other)
    assert portable.read(other, file, Silent()).new == 0
    assert state(other) == before


def test_an_export_reads_what_it_promises(kept: store.Store, tmp_path: Path) -> None:
    path = kept.file("tool", "tool")
    bundles.spoil(path, "progran")
    with pytest.raises(BundleCorrupt, match=r"Component tool, file tool.*another hash"):
        portable.write(kept, tmp_path / "bundle.tar", Silent())
    path.unlink()
    with pytest.raises(BundleCorrupt, match=r"Component tool, file tool.*missing"):
        portable.write(kept, tmp_path / "bundle.tar", Silent())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one"]


def swap(change: Callable[[tarfile.TarInfo], None]) -> Callable[[Members], None]:
    return lambda members: change(members[-1][0])


def spoilt(members: Members) -> None:
    member, content = members[-1]
    members[-1] = (member, bytes([content[0] ^ 1]) + content[1:])


def extra(name: str) -> Callable[[Members], None]:
    def add(members: Members) -> None:
        info = tarfile.TarInfo(name)
        info.size = 4
        members.append((info, b"evil"))

    return add


def link(kind: bytes) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        member, _ = members[-1]
        member.type, member.linkname, member.size = kind, "/etc/passwd", 0
        members[-1] = (member, b"")

    return change


def other_size(members: Members) -> None:
    member, content = members[-1]
    member.size += 1
    members[-1] = (member, content + b"x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (spoilt, r"blobs/sha256/\w{64} is damaged"),
        (other_size, r"blobs/sha256/\w{64} has \d+ bytes"),
        (extra("blobs/sha256/" + "0" * 64), r"blobs/sha256/0{64} does not belong there"),
        (extra("notes.txt"), "notes.txt does not belong there"),
        (extra("../../escape"), r"\.\./\.\./escape does not belong there"),
        (extra("/etc/cron.d/evil"), "/etc/cron.d/evil does not belong there"),
        (extra("manifest.json"), "manifest.json does not belong there"),
        (link(tarfile.SYMTYPE), "does not belong there"),
        (link(tarfile.LNKTYPE), "does not belong there"),
        (link(tarfile.DIRTYPE), "does not belong there"),
        (link(tarfile.FIFOTYPE), "does not belong there"),
        (lambda members: members.append(members[-1]), "does not belong there"),
        (lambda members: members.pop(), r"blobs/sha256/\w{64} is missing, of 1"),
        (lambda members: members.reverse(), "is not the manifest that comes first"),
        (lambda members: members.pop(0), "is not the manifest that comes first"),
        (lambda members: members.clear(), "manifest.json is not the manifest that comes first"),
    ],
)
def test_a_file_that_is_not_right_is_refused(
    change: Callable[[Members], object], said: str, file: Path, tmp_path: Path
) -> None:
    members = unpacked(file)
    change(members)
    packed(file, members)
    other = bundles.make(tmp_path / "two", program="older one")
    before = other.manifest()
    with pytest.raises(BundleCorrupt, match=said) as error:
        portable.read(other, file, Silent())
    assert str(file) in str(error.value)
    assert "again" in str(error.value)
    assert other.manifest() == before
    assert other.verify() == 6
    assert not list(other.root.rglob(".*"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused_and_the_whole_one_then_goes_in(
    share: float, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, whole = tmp_path_factory.mktemp("cut"), file.read_bytes()
    content = sum(512 + -(-member.size // 512) * 512 for member, _ in unpacked(file))  # behind it is nothing but zeros
    (folder / "bundle.tar").write_bytes(whole[: int(content * share)])
    other = store.Store(folder / "store")
    with pytest.raises(BundleCorrupt, match=r"bundle\.tar"):
        portable.read(other, folder / "bundle.tar", Silent())
    assert other.manifest_or_empty() == manifest.Manifest()
    portable.read(other, file, Silent())
    assert other.verify() == 6


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_harmless(
    place: float, bit: int, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, content = tmp_path_factory.mktemp("flip"), bytearray(file.read_bytes())
    content[int(len(content) * place)] ^= 1 << bit
    (folder / "bundle.tar").write_bytes(content)
    other = store.Store(folder / "store")
    try:
        portable.read(other, folder / "bundle.tar", Silent())
    except BundleCorrupt:
        assert other.manifest_or_empty() == manifest.Manifest()
    else:
        assert other.verify() == 6


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 4096], ids=["empty", "text", "zeros"])
def test_something_else_is_no_export(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BundleCorrupt, match=str(tmp_path / "file")):
        portable.read(store.Store(tmp_path / "two"), tmp_path / "file", Silent())


def test_a_full_disk_is_told_and_costs_nothing(kept: store.Store, file: Path, tmp_path: Path) -> None:
    other = store.Store(tmp_path / "two")
    room = file.stat().st_size // 3
    with pytest.raises(ToolFailed, match=f"disk of {other.root} is full.*run it again"):
        portable.read(other, file, FullAfter(1200))
    assert not list(other.root.rglob(".*"))
    assert portable.read(other, file, Silent()).new < 6  # some came through before
    with pytest.raises(ToolFailed, match=f"disk of {tmp_path} is full"):
        portable.write(kept, tmp_path / "again.tar", FullAfter(min(room, 20)))
    assert not list(tmp_path.glob("*again*"))


def test_names_that_lead_nowhere(kept: store.Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ghost\.tar is no file"):
        portable.read(kept, tmp_path / "ghost.tar", Silent())
    with pytest.raises(ConfigError, match=r"no folder .*ghost"):
        portable.write(kept, tmp_path / "ghost" / "bundle.tar", Silent())
