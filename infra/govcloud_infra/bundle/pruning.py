"""Removes what no bundle needs any more: blobs that neither the manifest nor a finished step of a build names."""

from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import manifest, store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many blobs went, or would go, and their bytes."""

    blobs: int
    size: int


def unnamed(kept: store.Store) -> list[Path]:
    """The blobs that nothing names. Raises BundleCorrupt when it cannot be known what an image needs."""
    needed, faults = kept.needed(kept.manifest())
    if faults:
        raise BundleCorrupt("\n".join(faults))
    steps = [manifest.FileEntry.model_validate_json(file.read_text()) for file in kept.root.glob("steps/*.json")]
    names = {*needed, *(entry.sha256 for entry in steps)}
    return [file for file in sorted(kept.path("x").parent.iterdir()) if file.name not in names]


def prune(kept: store.Store, *, dry_run: bool) -> Pruned:
    """Remove the blobs that nothing names. Needs the lock. Raises BundleCorrupt."""
    files = unnamed(kept)
    size = sum(file.stat().st_size for file in files)
    for file in [] if dry_run else files:
        file.unlink()
    return Pruned(blobs=len(files), size=size)
