"""`govcloud plan`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument

PENDING = 7


@click.command(epilog="Example: govcloud plan -o json")
@site_argument
@format_option
@click.pass_context
def plan(ctx: click.Context, site: Path, form: str) -> int:
    """Show what deploy would change, drift included; changes nothing.

    Exit code 0: nothing to do, 7: changes are pending.
    """
    import os

    from govcloud_cli import output, summary
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy import conductor
    from govcloud_infra.deploy.context import open_site

    with Progress() as progress:
        results = conductor.plan(open_site(site, os.environ), progress)
    output.show(form, summary.changes(results), summary.plan_text(results))
    return PENDING if any(result.changes for result in results) else 0
