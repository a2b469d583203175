"""Shows what a bundle holds, for people and for programs. Pure."""

from collections.abc import Sequence
from pathlib import Path

from govcloud_infra.bundle import build, eta, manifest, portable, pruning

_HEAD = ("COMPONENT", "VERSION", "SIZE", "LICENCE", "FILES", "IMAGES")


def table(found: manifest.Manifest) -> str:
    """One line a component, in columns; the last line says how much it is in all."""
    rows = [_HEAD, *(_row(name, component) for name, component in found.components.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[4:]]) for row in rows
    ]
    total = eta.size(sum(c.size for c in found.components.values()))
    return "\n".join([*(line.rstrip() for line in lines), f"{len(found.components)} components, {total}"])


def document(found: manifest.Manifest) -> dict[str, object]:
    """The same as data: manifest.json with the size in bytes of each component."""
    content = found.model_dump(by_alias=True)
    for name, component in found.components.items():
        content["components"][name]["size"] = component.size
    return content


def plan(pending: Sequence[str]) -> str:
    """What a build would do."""
    return f"Would build {', '.join(pending)}." if pending else "The bundle is up to date."


def report(done: build.Report, root: Path) -> str:
    """What a build did, and where the result lies."""
    if not done.built:
        return f"The bundle in {root} is up to date: {done.kept} components, digest {done.digest[:12]}."
    took = eta.duration(done.seconds)
    what = f"Built {', '.join(done.built)} in {took}, kept {done.kept}"
    return f"{what}; the bundle in {root} has digest {done.digest[:12]}."


def left_out(foreign: str) -> str:
    """What a bundle for another architecture lacks, and how to get it."""
    return (
        f"Only Go programs are compiled for {foreign}. Images, manifests and Debian systems are left out: "
        f"they are put together on a host that is {foreign} itself, by `govcloud bundle build` there."
    )


def exported(done: portable.Passed, file: Path) -> str:
    """What an export wrote; the hash is what the far side compares."""
    return (
        f"{file} holds {done.blobs} blobs, {eta.size(done.size)}, of the bundle with digest {done.digest[:12]}.\n"
        f"SHA-256 of the file: {done.sha256}\nDigest of the bundle: {done.digest}"
    )


def imported(done: portable.Passed, root: Path) -> str:
    """What an import brought."""
    return (
        f"The bundle in {root} is now that of the file: {done.blobs} blobs, {done.new} of them new.\n"
        f"Digest of the bundle: {done.digest}"
    )


def pruned(done: pruning.Pruned, *, dry_run: bool) -> str:
    """What a prune removed, or would."""
    if not done.blobs:
        return "Nothing to remove: the bundle needs every blob."
    return f"{'Would remove' if dry_run else 'Removed'} {done.blobs} blobs, {eta.size(done.size)}."


def _row(name: str, component: manifest.Component) -> tuple[str, ...]:
    files, images = ",".join(component.files) or "-", ",".join(component.images) or "-"
    return (name, component.version, eta.size(component.size), component.licence, files, images)
