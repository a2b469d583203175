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
    """Propose what to give back: environments that need much less than they hold. Changes nothing.

    Needed is what was used in 14 days, where Prometheus may be asked and knows half of them at least: the 95th
    percentile of CPU and the peak of memory, with 15 % more; else what is reserved, with 30 % more. Evidence are the
    questions that Prometheus answered. The risk is high where CPU comes in bursts (its 95th percentile is more than
    three times the mean), medium where pods must request less first or less than 90 % of the time was measured.

    Also told is when all that a department may have is likely to be reserved, where a forecast can be shown.
    """
    from govcloud_cli import output
    from govcloud_cli.tenancy import advice_text
    from govcloud_cli.tenancy import quota as shares
    from govcloud_monitoring import prometheus
    from govcloud_monitoring.advice import measured

    cluster = connect(site, kubeconfig)
    found = shares.gather(cluster, home_or_all(site, kubeconfig, department))
    known = measured.gather(prometheus.through(cluster), shares.namespaces(found), [seen.code for seen in found])
    output.show(form, advice_text.plain(found, known), advice_text.text(found, known))
    if form != "text":
        for line in advice_text.unknown(known):
            click.echo(line, err=True)
