"""`govcloud catalog`."""

from pathlib import Path

import click

from govcloud_cli import names
from govcloud_cli.access import connect
from govcloud_cli.access_options import access_options
from govcloud_cli.output import format_option


@click.group()
def catalog() -> None:
    """What can be ordered: services with their plans and prices, levels of service."""


@catalog.command(epilog="Example: govcloud catalog ls")
@access_options
@format_option
def ls(site: Path, kubeconfig: Path | None, form: str) -> None:
    """List services that can be ordered, and the tiers with the price of what is reserved."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import catalog as catalogue

    found = catalogue.gather(connect(site, kubeconfig))
    output.show(form, found.plain(), catalogue.text(found))


@catalog.command(epilog="Example: govcloud catalog show postgresql")
@click.argument("offering", shell_complete=names.offerings)
@access_options
@format_option
def show(offering: str, site: Path, kubeconfig: Path | None, form: str) -> None:
    """Show an OFFERING: versions, plans, what each reserves and costs a month."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import catalog as catalogue
    from govcloud_cli.tenancy import places

    cluster = connect(site, kubeconfig)
    found = places.named(cluster, "ServiceOffering", offering, None)
    tiers = places.readable(cluster, "ServiceTier") or []
    output.show(form, found, catalogue.offering_text(found, tiers))
