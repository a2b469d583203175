"""The bill of materials of a bundle that was built for real."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import build, store
from govcloud_infra.bundle.sbom import document, make


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> store.Store:
    """crane, registry and the reader of licences."""
    root = tmp_path_factory.mktemp("sbom") / "bundle"
    build.build(build.Order(root=root, stream=io.StringIO(), names=["crane", "licensecheck"]))
    return store.Store(root)


def test_it_is_valid_and_names_every_module_with_its_licence(whole: store.Store) -> None:
    text, content = make.stored(whole)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = content["components"]
    assert isinstance(components, list)
    found = {c["purl"].partition("@")[0]: document.names(c) for c in components if "purl" in c}
    assert found["pkg:golang/github.com/google/go-containerregistry"] == ["Apache-2.0"]
    assert found["pkg:golang/github.com/spf13/cobra"] == ["Apache-2.0"]
    assert found["pkg:golang/github.com/klauspost/compress"] != ["NOASSERTION"]
    assert found["pkg:golang/stdlib"] == ["BSD-3-Clause"]
    assert not [purl for purl in found if "govcloud.internal" in purl]
    assert not [purl for purl, names in found.items() if names == ["NOASSERTION"]]


def test_programs_within_images_are_looked_into(
    tree: Callable[[str], Path], bundle: Callable[[str], store.Store]
) -> None:
    kept = bundle("bundle")
    build.build(build.Order(root=kept.root, stream=io.StringIO(), recipes=tree("tree")))
    found = kept.manifest()
    only_image = found.component("hello").model_copy(update={"files": {}})
    kept.replace_manifest(found.with_component("hello", only_image))
    make.Desk(kept=kept, tools=kept, tell=lambda _: None).refresh()
    _, content = make.stored(kept)
    depends = {d["ref"]: d.get("dependsOn", []) for d in json.loads(json.dumps(content))["dependencies"]}
    assert [ref.partition("@")[0] for ref in depends["component/hello"]] == ["pkg:golang/stdlib"]


def test_a_lost_bill_is_written_again_by_the_next_build(whole: store.Store) -> None:
    before = whole.manifest()
    assert before.sbom is not None
    whole.path(before.sbom.sha256).unlink()
    order = build.Order(root=whole.root, stream=io.StringIO(), names=["crane", "licensecheck"])
    assert build.build(order).built == ()
    assert whole.manifest() == before
    whole.verify()
    assert whole.path(before.sbom.sha256).stat().st_size == before.sbom.size


def test_a_layer_that_cannot_be_read_is_named(
    tree: Callable[[str], Path], bundle: Callable[[str], store.Store]
) -> None:
    kept = bundle("bundle")
    build.build(build.Order(root=kept.root, stream=io.StringIO(), recipes=tree("tree")))
    found = kept.manifest()
    layer = next(b for b in kept.blobs("hello", found.component("hello")) if b.owner.endswith("layer"))
    content = kept.path(layer.sha256).read_bytes()
    kept.path(layer.sha256).unlink()
    kept.path(layer.sha256).write_bytes(content[:200])
    kept.replace_manifest(found.model_copy(update={"sbom": None}))
    for step in kept.root.glob("steps/*.json"):
        step.unlink()
    with pytest.raises(BundleCorrupt, match=r"Component hello, image hello:v1\.0\.0, layer: .* is not readable"):
        make.Desk(kept=kept, tools=kept, tell=lambda _: None).refresh()
