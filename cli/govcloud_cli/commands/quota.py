"""`govcloud quota`."""

from pathlib import Path

import click

from govcloud_cli.access import connect, home_or_all
from govcloud_cli.access_options import access_options, department_option
from govcloud_cli.output import format_option


@click.group()
def quota() -> None:
    """What a department may use, what is given out and used, what could be given back."""


@quota.command(epilog="Example: govcloud quota show --department tax")
@access_options
@department_option
@format_option
def show(site: Path, kubeconfig: Path | None, department: str | None, form: str) -> None:
    """Show the quota of the department, and of each environment what of it is reserved and what it costs."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import quota as shares

    found = shares.gather(connect(site, kubeconfig), home_or_all(site, kubeconfig, department))
    output.show(form, [seen.plain() for seen in found], shares.text(found))


@quota.command(epilog="Example: govcloud quota advise")
@access_options
@department_option
@format_option
def advise(site: Path, kubeconfig: Path | None, department: str | None, form: str) -> None:
    """Propose what to give back: environments that reserve much less than they hold. Changes nothing."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import quota as shares

    found = shares.gather(connect(site, kubeconfig), home_or_all(site, kubeconfig, department))
    data = [{"department": seen.code} | advice.plain() for seen in found for advice in shares.advise(seen)]
    output.show(form, data, shares.advice_text(found))
