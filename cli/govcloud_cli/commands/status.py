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
    """Show conditions and endpoints of a site: a quick look through the API. `govcloud health` looks deeper.

    Exit code 0: well, 6: not as promised, 9: the API server cannot be reached, or refuses the credentials.
    """
    import os

    from govcloud_cli import output
    from govcloud_infra.deploy.context import open_unmeasured
    from govcloud_infra.health import report

    found = report.site_report(open_unmeasured(site, os.environ))
    output.show(form, found.plain(), found.text())
    return found.exit_code
