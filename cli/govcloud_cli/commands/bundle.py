"""`govcloud bundle`: every binary and image of the cloud, built from pinned sources and kept by content hash."""

import os
import sys
from pathlib import Path

import click

from govcloud_cli import output

_wait = click.option(
    "--wait", "wait_seconds", type=float, default=0.0, metavar="SECONDS", help="Wait for another that works there."
)
_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def bundle() -> None:
    """Build, list, verify and carry the bundle of everything that runs in the cloud.

    Example: govcloud bundle build && govcloud bundle verify
    """


@bundle.command()
@click.argument("component", nargs=-1)
@click.option(
    "--arch", type=click.Choice(["amd64", "arm64"]), help="Build for it; for another than this host's, Go only."
)
@click.option("--renew-debian", is_flag=True, help="Take the newest Debian packages, not those recorded.")
@_wait
@click.option("--dry-run", is_flag=True, help="Say what would be built, and change nothing.")
def build(component: tuple[str, ...], arch: str | None, renew_debian: bool, wait_seconds: float, dry_run: bool) -> None:
    """Build what is not up to date: everything, or COMPONENT and all that it uses.

    \b
    Example: govcloud bundle build kubernetes etcd
             govcloud bundle build --arch arm64 crane etcd
    """
    from govcloud_infra.bundle import build as builder
    from govcloud_infra.bundle import host, listing

    foreign = arch if arch not in (None, host.architecture()) else None
    root = _root(foreign)
    order = builder.Order(
        root=root, stream=sys.stderr, names=component, wait_seconds=wait_seconds,
        foreign=foreign, tools=_root() if foreign else None, renew_debian=renew_debian,
    )  # fmt: skip
    if foreign:
        click.echo(listing.left_out(foreign), err=True)
    click.echo(listing.plan(builder.pending(order)) if dry_run else listing.report(builder.build(order), root))


@bundle.command("list")
@output.format_option
def list_(form: str) -> None:
    """Show every component with version, licence, size, files and images.

    Example: govcloud bundle list -o json
    """
    from govcloud_infra.bundle import listing, store

    found = store.Store(_root()).manifest()
    output.show(form, listing.document(found), listing.table(found))


@bundle.command()
def verify() -> None:
    """Hash every file of the bundle; name each one that is missing or changed (exit code 10).

    Example: govcloud bundle verify
    """
    from govcloud_infra.bundle import store

    kept = store.Store(_root())
    click.echo(f"All {kept.verify()} blobs of the bundle in {kept.root} are as they were built.")


@bundle.command()
@output.format_option
def sbom(form: str) -> None:
    """Show the bill of materials: every part that others wrote, with version and licence.

    As JSON it is CycloneDX 1.6, just as it lies in the bundle; as text, a summary by licence.

    Example: govcloud bundle sbom -o json > bundle.cdx.json
    """
    from govcloud_infra.bundle import store
    from govcloud_infra.bundle.sbom import document, make

    text, content = make.stored(store.Store(_root()))
    if form == "json":
        click.echo(text, nl=False)
    else:
        output.show(form, content, document.summary(content))


@bundle.command()
@_file
def export(file: Path) -> None:
    """Write the bundle into one FILE, to be carried to a site without a network.

    Example: govcloud bundle export /media/stick/bundle.tar
    """
    from govcloud_infra.bundle import listing, meter, portable, store

    kept = store.Store(_root())
    with meter.Meter(what=f"writing {file}", total_bytes=portable.size_of(kept), stream=sys.stderr) as told:
        done = portable.write(kept, file, told)
    click.echo(listing.exported(done, file))


@bundle.command("import")
@_file
@_wait
def import_(file: Path, wait_seconds: float) -> None:
    """Make the bundle of FILE the bundle of this host; every blob is checked before it is taken.

    Example: govcloud bundle import /media/stick/bundle.tar
    """
    from govcloud_infra.bundle import listing, lock, meter, portable, store

    kept = store.Store(_root())
    size = file.stat().st_size if file.is_file() else 0
    with lock.hold(kept.root, wait_seconds=wait_seconds, tell=lambda text: click.echo(text, err=True)):
        kept.sweep()
        with meter.Meter(what=f"reading {file}", total_bytes=size, stream=sys.stderr) as told:
            done = portable.read(kept, file, told)
    click.echo(listing.imported(done, kept.root))


@bundle.command()
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and change nothing.")
@_wait
def prune(dry_run: bool, wait_seconds: float) -> None:
    """Remove files that the bundle does not need any more, such as those of older versions.

    Example: govcloud bundle prune --dry-run
    """
    from govcloud_infra.bundle import listing, lock, pruning, store

    kept = store.Store(_root())
    kept.manifest()  # without a bundle there is nothing to lock
    with lock.hold(kept.root, wait_seconds=wait_seconds, tell=lambda text: click.echo(text, err=True)):
        done = pruning.prune(kept, dry_run=dry_run)
    click.echo(listing.pruned(done, dry_run=dry_run))


def _root(foreign: str | None = None) -> Path:
    from govcloud_infra.bundle import store

    return store.default_root(os.environ, foreign)
