"""`govcloud plan`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument

PENDING = 7


@click.command(epilog="Example: govcloud plan --detailed-exitcode -o json")
@site_argument
@click.option("--detailed-exitcode", is_flag=True, help="End with 7 when something would change.")
@format_option
def plan(site: Path, detailed_exitcode: bool, form: str) -> int:
    """Show what deploy would change, drift included: machines, what is on them, and the platform, in one list.

    Changes nothing. With --detailed-exitcode, exit code 0: nothing to do, 7: changes are pending.
    """
    import os

    from govcloud_cli import output
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy import pending, planning
    from govcloud_infra.deploy.context import open_site

    with Progress() as progress:
        found = planning.plan(open_site(site, os.environ), progress)
    output.show(form, [item.plain() for item in found], pending.text(found))
    return PENDING if found and detailed_exitcode else 0
