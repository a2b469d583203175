"""`govcloud status`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument

UNHEALTHY = 6


@click.command(epilog="Example: govcloud status -o json | jq .endpoints.prometheus")
@site_argument
@format_option
def status(site: Path, form: str) -> int:
    """Show conditions and endpoints of a site.

    Exit code 0: well, 6: not as promised, 9: the cluster cannot be reached.
    """
    import os

    from govcloud_cli import output
    from govcloud_infra.deploy import report
    from govcloud_infra.deploy.context import open_site

    found = report.site_report(open_site(site, os.environ))
    output.show(form, found.plain(), found.text())
    return 0 if found.ready else UNHEALTHY
