"""`govcloud deploy`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud deploy --yes sites/lab/site.yaml")
@site_argument
@click.option("--yes", is_flag=True, help="Do not ask; off a terminal nothing is asked anyway.")
@format_option
def deploy(site: Path, yes: bool, form: str) -> None:
    """Make the cloud as the site file says.

    Installs, repairs and reconfigures; a second run changes nothing. Interrupted at any point, run it again.
    Needs root and a bundle (`govcloud bundle build`).
    """
    import os

    from govcloud_cli import output, question, summary
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy import conductor
    from govcloud_infra.deploy.context import open_site

    context = open_site(site, os.environ)
    question.ask(summary.question(context), yes=yes)
    with Progress() as progress:
        results = conductor.deploy(context, progress)
    output.show(form, summary.data(context, results), summary.text(context, results, site))
