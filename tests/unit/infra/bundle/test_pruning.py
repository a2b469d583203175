"""Only what nothing names is removed."""

from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import manifest, pruning
from support import bundles


def test_old_blobs_go_and_named_ones_stay(tmp_path: Path) -> None:
    kept = bundles.make(tmp_path / "bundle")
    step = bundles.put(kept, "half of a build")
    kept.finish_step("a" * 64, step)
    old = [bundles.put(kept, "version 1"), bundles.put(kept, "version 22")]
    assert pruning.prune(kept, dry_run=True) == pruning.Pruned(blobs=2, size=19)
    assert all(kept.path(entry.sha256).is_file() for entry in old)

    assert pruning.prune(kept, dry_run=False) == pruning.Pruned(blobs=2, size=19)
    assert not any(kept.path(entry.sha256).exists() for entry in old)
    assert kept.verify() == 6
    assert kept.step("a" * 64) == step
    assert pruning.prune(kept, dry_run=False).blobs == 0


def test_nothing_is_removed_while_an_image_cannot_be_read(tmp_path: Path) -> None:
    kept = bundles.make(tmp_path / "bundle")
    bundles.put(kept, "old")
    kept.path(kept.manifest().image("tool:v1").manifest).unlink()
    before = sorted(kept.path("x").parent.iterdir())
    with pytest.raises(BundleCorrupt, match=r"image tool:v1, manifest.*missing"):
        pruning.prune(kept, dry_run=False)
    assert sorted(kept.path("x").parent.iterdir()) == before


def test_no_bundle_is_nothing_to_prune(tmp_path: Path) -> None:
    with pytest.raises(BundleCorrupt, match="no bundle"):
        pruning.unnamed(bundles.store.Store(tmp_path))
    assert manifest.Manifest().sbom is None
