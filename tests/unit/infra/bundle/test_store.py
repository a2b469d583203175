"""The store: content decides the name, what is broken is named, and an image is handed over as a layout."""

import json
import re
from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt, Locked
from govcloud_infra.bundle import lock, manifest, store
from support import bundles
from support.bundles import put, spoil


@pytest.fixture
def kept(tmp_path: Path) -> store.Store:
    return bundles.make(tmp_path / "bundle")


def test_verify_counts_every_blob_of_a_whole_bundle(kept: store.Store) -> None:
    assert kept.verify() == 6


def test_a_missing_image_a_record_and_the_bill_of_materials_are_named(kept: store.Store) -> None:
    found = kept.manifest()
    assert found.sbom is not None
    lost = {
        found.image("tool:v1").manifest: "Component tool, image tool:v1, manifest: .* is missing",
        found.component("tool").debian["system"].sha256: "Component tool, record of the Debian packages of system: .*",
        found.sbom.sha256: "The bill of materials of the bundle: .* is missing",
    }
    for sha256 in lost:
        kept.path(sha256).unlink()
    with pytest.raises(BundleCorrupt) as error:
        kept.verify()
    for sha256, said in lost.items():
        assert re.search(f"{said}", str(error.value))
        assert str(kept.path(sha256)) in str(error.value)


def test_a_blob_that_two_use_is_a_program_when_one_needs_it_so(kept: store.Store) -> None:
    entry = kept.manifest().component("tool").files["tool"].model_copy(update={"mode": "0644"})
    kept.record("other", manifest.Component(version="v1", licence="MIT", key="1" * 64, files={"text": entry}))
    needed, faults = kept.needed(kept.manifest())
    assert faults == []
    assert needed[entry.sha256].mode == "0755"


def test_no_bundle_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleCorrupt, match=r"no manifest\.json.*bundle build"):
        store.Store(tmp_path).manifest()
    assert store.Store(tmp_path).versions() == {}


@pytest.mark.parametrize("content", ["progran", "short", None], ids=["changed", "cut", "missing"])
def test_a_bad_file_is_named_with_its_path(kept: store.Store, content: str | None) -> None:
    path = kept.file("tool", "tool")
    spoil(path, content) if content else path.unlink()
    with pytest.raises(BundleCorrupt, match=r"Component tool, file tool: .*bundle build tool") as error:
        kept.verify()
    assert str(path) in str(error.value)


def test_all_bad_parts_of_an_image_are_named(kept: store.Store) -> None:
    parts = {b.owner: kept.path(b.sha256) for b in kept.blobs("tool", kept.manifest().component("tool"))}
    spoil(parts["image tool:v1, config"], "[]")
    spoil(parts["image tool:v1, layer"], "LAYER")
    with pytest.raises(BundleCorrupt) as error:
        kept.verify()
    assert "image tool:v1, config" in str(error.value)
    assert "image tool:v1, layer" in str(error.value)
    spoil(parts["image tool:v1, manifest"], "not json")
    with pytest.raises(BundleCorrupt, match="image tool:v1, manifest"):
        kept.verify()
    assert not kept.is_whole("tool", kept.manifest().component("tool"))


def test_wholeness_sees_a_missing_and_a_cut_blob(kept: store.Store) -> None:
    component = kept.manifest().component("tool")
    assert kept.is_whole("tool", component)
    spoil(kept.file("tool", "tool"), "cut")
    assert not kept.is_whole("tool", component)


def test_a_blob_that_was_cut_short_is_replaced(kept: store.Store) -> None:
    spoil(kept.file("tool", "tool"), "cut")
    entry = put(kept, "program", "0755")
    assert kept.path(entry.sha256).read_text() == "program"
    assert kept.verify() == 6


def test_a_layout_holds_one_image_and_the_blobs_of_the_store(kept: store.Store, tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    kept.write_layout("tool:v1", folder)
    kept.write_layout("tool:v1", folder)  # again over itself
    index = json.loads((folder / "index.json").read_text())
    digest = index["manifests"][0]["digest"].removeprefix("sha256:")
    assert digest == kept.manifest().image("tool:v1").manifest
    blob = folder / "blobs" / "sha256" / digest
    assert blob.stat().st_size == index["manifests"][0]["size"]
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_files_are_placed_by_name_and_runnable(kept: store.Store, tmp_path: Path) -> None:
    kept.place("tool", tmp_path / "bin")
    kept.place("tool", tmp_path / "bin")
    placed = tmp_path / "bin" / "tool"
    assert placed.read_text() == "program"
    assert placed.stat().st_mode & 0o111
    assert list((tmp_path / "bin").iterdir()) == [placed]


def test_a_finished_step_is_forgotten_with_its_blob(kept: store.Store) -> None:
    entry = put(kept, "step")
    kept.finish_step("k", entry)
    assert kept.step("k") == entry
    kept.path(entry.sha256).unlink()
    assert kept.step("k") is None
    assert kept.step("unknown") is None


def test_one_builder_at_a_time(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        lock.hold(tmp_path, wait_seconds=0, tell=said.append),
        pytest.raises(Locked, match=r"Another build \(process \d+\)"),
        lock.hold(tmp_path, wait_seconds=0, tell=said.append),
    ):
        pass
    with lock.hold(tmp_path, wait_seconds=0, tell=said.append):
        assert said == []


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        ({"GOVCLOUD_CACHE": "/a"}, "/a/bundle"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/govcloud/bundle"),
        ({"HOME": "/home/ops"}, "/home/ops/.cache/govcloud/bundle"),
    ],
)
def test_where_the_bundle_lies(environment: dict[str, str], root: str) -> None:
    assert store.default_root(environment) == Path(root)
