"""Manifest files as objects: placeholders, images by content, names; and what is refused."""

from pathlib import Path

import pytest

from govcloud_api.errors import ConfigError
from govcloud_infra.components.manifests import pinned, read_folder, resource_name

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: @NAME@}\n"


def test_files_are_read_in_the_order_of_their_paths_and_filled(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.yaml").write_text(SERVICE)
    (tmp_path / "10-b.yaml").write_text(f"---\n{SERVICE}---\n---\n{SERVICE.replace('@NAME@', 'second')}")
    (tmp_path / "notes.txt").write_text("no manifest")
    found = read_folder(tmp_path, {"@NAME@": "filled"})
    assert [item["metadata"]["name"] for item in found] == ["filled", "second", "filled"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is not YAML: while parsing"),
        ("- a", "no Kubernetes object"),
        ("kind: A\nmetadata: {}", "no Kubernetes object"),
        ("apiVersion: v1\nkind: A", "no Kubernetes object"),
        ("!!python/object:os.system {}", "is not YAML"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_file(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        read_folder(tmp_path, {})
    assert str(tmp_path / "bad.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_of_the_site_are_named_by_their_content() -> None:
    item = {
        "image": "registry.govcloud.internal/a:1",
        "args": ["registry.govcloud.internal/b:2", "other.example/a:1", 1],
    }
    found = pinned(item, {"a:1": "aa", "b:2": "bb"})
    assert found == {
        "image": "registry.govcloud.internal/a:1@sha256:aa",
        "args": ["registry.govcloud.internal/b:2@sha256:bb", "other.example/a:1", 1],
    }
    assert pinned(found, {}) == found


def test_an_image_that_the_bundle_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="the bundle has no image c:1"):
        pinned({"image": "registry.govcloud.internal/c:1"}, {"a:1": "aa"})


@pytest.mark.parametrize(
    ("metadata", "name"), [({"name": "a"}, "Service a"), ({"name": "a", "namespace": "n"}, "Service n/a")]
)
def test_resource_name(metadata: dict[str, str], name: str) -> None:
    assert resource_name({"kind": "Service", "metadata": metadata}) == name
