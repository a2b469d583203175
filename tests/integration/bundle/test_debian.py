"""Root file systems by the real mmdebstrap: recorded from the signed index, and made again from the record."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from govcloud_api.errors import ToolFailed
from govcloud_infra.bundle import build, debian, manifest, rootfs, store

Bundle = Callable[[str], store.Store]
RECIPE = {
    "version": "1", "licence": "GPL-2.0-only", "priority": 50, "usual_seconds": 5,
    "rootfs": {"system": {"variant": "extract", "packages": "packages.txt"}},
    "files": {"busybox": "rootfs:system//bin/busybox"},
}  # fmt: skip


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    folder = tmp_path / "tree" / "infra" / "bundle" / "shell"
    folder.mkdir(parents=True)
    (folder / "packages.txt").write_text("busybox-static\n")
    (folder / "component.yaml").write_text(yaml.safe_dump(RECIPE))
    return folder.parent


def run(kept: store.Store, recipes: Path, *, renew: bool = False) -> debian.Record:
    build.build(build.Order(root=kept.root, stream=io.StringIO(), recipes=recipes, renew_debian=renew))
    return record(kept)


def record(kept: store.Store) -> debian.Record:
    entry = kept.manifest().component("shell").debian["system"]
    return debian.Record.model_validate_json(kept.path(entry.sha256).read_text())


def test_packages_are_recorded_with_the_index_that_promised_them(recipes: Path, tmp_path: Path) -> None:
    kept = store.Store(tmp_path / "bundle")
    found = run(kept, recipes)
    assert [package.name for package in found.packages] == ["busybox-static"]
    package = found.packages[0]
    assert package.source == "busybox"
    assert len(package.sha256) == 64
    assert {release.name for release in found.releases} >= {f"Debian {rootfs.SUITE}"}
    assert all(len(release.sha256) == 64 and release.date for release in found.releases)

    sbom = json.loads(kept.path(_sbom(kept).sha256).read_text())
    parts = [c for c in sbom["components"] if c["type"] == "library"]
    assert [(c["name"], c["version"], c["hashes"][0]["content"]) for c in parts] == [
        ("busybox-static", package.version, package.sha256)
    ]


@pytest.mark.long
def test_packages_to_do_without_are_neither_in_the_root_nor_in_its_record(recipes: Path, tmp_path: Path) -> None:
    folder = recipes / "shell"
    (folder / "packages.txt").write_text("libbz2-1.0\n")
    (folder / "without.txt").write_text("libc6\n")
    system = {"variant": "extract", "packages": "packages.txt", "without": "without.txt"}
    described = {**RECIPE, "rootfs": {"system": system}, "files": {"root.tar": "rootfs:system"}}
    (folder / "component.yaml").write_text(yaml.safe_dump(described))
    kept = store.Store(tmp_path / "bundle")
    assert [package.name for package in run(kept, recipes).packages] == ["gcc-12-base", "libbz2-1.0", "libgcc-s1"]
    with tarfile.open(kept.file("shell", "root.tar")) as tar:
        names = [Path(member.name).name for member in tar if not member.isdir()]
    assert "libbz2.so.1.0" in names
    assert not [name for name in names if name in ("libc.so.6", "ld-linux-x86-64.so.2", ".unwanted")]

    (folder / "without.txt").write_text("perl\n")
    with pytest.raises(ToolFailed, match="perl"):
        run(kept, recipes)


def test_two_stores_get_the_same_bytes(recipes: Path, tmp_path: Path) -> None:
    one, two = store.Store(tmp_path / "one"), store.Store(tmp_path / "two")
    run(one, recipes)
    run(two, recipes)
    assert one.manifest() == two.manifest()


@pytest.mark.long
def test_a_recorded_version_that_the_archive_lost_gives_way_and_a_renewal_asks_for_none(
    recipes: Path, tmp_path: Path
) -> None:
    kept = store.Store(tmp_path / "bundle")
    first = run(kept, recipes)
    old = first.model_copy(update={"packages": (first.packages[0].model_copy(update={"version": "1:1.0-gone"}),)})
    source = kept.root / "old.json"
    source.write_text(old.model_dump_json())
    component = kept.manifest().component("shell")
    kept.record("shell", component.model_copy(update={"debian": {"system": kept.take(source)}, "key": "0" * 64}))
    for step in kept.root.glob("steps/*.json"):
        step.unlink()
    assert build.recorded_versions(kept) == {"busybox-static": "1:1.0-gone"}
    assert run(kept, recipes) == first
    assert run(kept, recipes, renew=True) == first


def _sbom(kept: store.Store) -> manifest.FileEntry:
    entry = kept.manifest().sbom
    assert entry is not None
    return entry


@pytest.mark.long
def test_the_archive_for_machines_of_others_is_whole(tmp_path: Path) -> None:
    """Every package that is needed beyond a bare Debian is in it, and its index fits."""
    kept = store.Store(tmp_path / "bundle")
    build.build(build.Order(root=kept.root, stream=io.StringIO(), names=["machine-packages"]))
    names = rootfs.packages((build.RECIPES / "machine-rootfs" / "packages.txt").read_text())
    with tarfile.open(kept.file("machine-packages", "machine-packages.tar")) as tar:
        files = {member.name.removeprefix("./"): member for member in tar if member.isreg()}
        index = tar.extractfile(files["Packages"])
        assert index is not None
        listed = list(debian.stanzas(index.read().decode()))
    assert {one["filename"].removeprefix("./") for one in listed} == set(files) - {"Packages"}
    assert all(int(one["size"]) == files[one["filename"].removeprefix("./")].size for one in listed)
    assert {member.mtime for member in files.values()} == {1_700_000_000}
    there = {one["package"] for one in listed}
    of_bare_debian = {"mount", "util-linux", "apt"}
    assert set(names) - of_bare_debian <= there
    entry = kept.manifest().component("machine-packages").debian["packages"]
    recorded = debian.Record.model_validate_json(kept.path(entry.sha256).read_text())
    assert {package.name for package in recorded.packages} == there
    assert all(package.sha256 for package in recorded.packages)
