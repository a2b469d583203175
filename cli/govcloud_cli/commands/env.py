"""`govcloud env`."""

from pathlib import Path
from typing import Any

import click

from govcloud_cli.access import access_options, connect, home_namespace
from govcloud_cli.output import format_option

_PURPOSES = click.Choice(["production", "staging", "test", "development", "sandbox"])


@click.group()
def env() -> None:
    """Ask for environments and follow them."""


@env.command(epilog='Example: govcloud env request --product forms --purpose sandbox --why "try the new form" --wait')
@access_options
@click.option("--department", metavar="CODE", help="Whose; else the one that the credentials are for.")
@click.option("--product", required=True, help="Short name of what will run there.")
@click.option("--purpose", required=True, type=_PURPOSES, help="A sandbox within the quota needs no approver.")
@click.option(
    "--size",
    type=click.Choice(["small", "medium", "large"]),
    default="small",
    show_default=True,
    help="How much of the department's quota it takes.",
)
@click.option("--days", type=click.IntRange(1, 365), help="Lifetime; sandbox 30 and development 180 unless said.")
@click.option("--why", required=True, help="Reason, for whoever decides.")
@click.option("--wait", is_flag=True, help="Wait until it is ready (up to five minutes).")
@click.option("--dry-run", is_flag=True, help="Let the API server check the request, create nothing.")
@format_option
def request(
    site: Path, kubeconfig: Path | None, department: str | None, wait: bool, dry_run: bool, form: str, **wish: Any
) -> int:
    """Ask for an environment. Prints the request; with --wait also what became of it (exit code 6: not ready)."""
    from govcloud_cli import environments, output

    home = home_namespace(site, kubeconfig, department)
    cluster = connect(site, kubeconfig)
    made = environments.ask(cluster, home, wish, dry_run=dry_run)
    if wait and not dry_run:
        made = environments.wait(cluster, made)
    output.show(form, made, environments.request_text(made, dry_run=dry_run))
    return environments.exit_code(made) if wait and not dry_run else 0


@env.command(epilog="Example: govcloud env ls --department tax")
@access_options
@click.option("--department", metavar="CODE", help="Whose; administrators see all without it.")
@format_option
def ls(site: Path, kubeconfig: Path | None, department: str | None, form: str) -> None:
    """List environments and requests that are under way."""
    from govcloud_cli import environments, output

    found = environments.listing(connect(site, kubeconfig), environments.scope(site, kubeconfig, department))
    output.show(form, found, environments.listing_text(found))


@env.command(epilog="Example: govcloud env status forms-sandbox --department tax")
@click.argument("name")
@access_options
@click.option("--department", metavar="CODE", help="Whose; else the one that the credentials are for.")
@format_option
def status(name: str, site: Path, kubeconfig: Path | None, department: str | None, form: str) -> int:
    """Show an environment, or a request, NAME: conditions, problems, what is being waited for."""
    from govcloud_cli import environments, output

    found = environments.find(connect(site, kubeconfig), home_namespace(site, kubeconfig, department), name)
    output.show(form, found, environments.status_text(found))
    return environments.exit_code(found)
