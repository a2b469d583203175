"""`govcloud bundle`: every binary and image of the cloud, built from pinned sources and kept by content hash."""

import os
import sys
from pathlib import Path

import click

from govcloud_cli import output


@click.group()
def bundle() -> None:
    """Build, list and verify the bundle of everything that runs in the cloud.

    Example: govcloud bundle build && govcloud bundle verify
    """


@bundle.command()
@click.argument("component", nargs=-1)
@click.option("--wait", "wait_seconds", type=float, default=0.0, metavar="SECONDS", help="Wait for another build.")
@click.option("--dry-run", is_flag=True, help="Say what would be built, and change nothing.")
def build(component: tuple[str, ...], wait_seconds: float, dry_run: bool) -> None:
    """Build what is not up to date: everything, or COMPONENT and all that it uses.

    Example: govcloud bundle build kubernetes etcd
    """
    from govcloud_infra.bundle import build as builder
    from govcloud_infra.bundle import listing

    root = _root()
    order = builder.Order(root=root, stream=sys.stderr, names=component, wait_seconds=wait_seconds)
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


def _root() -> Path:
    from govcloud_infra.bundle import store

    return store.default_root(os.environ)
