"""`govcloud preflight`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud preflight sites/lab/site.yaml -o json")
@site_argument
@format_option
def preflight(site: Path, form: str) -> int:
    """Look whether this host and the machines are fit for a site; every problem at once. Changes nothing on them.

    Exit code 0: fit, 4: not fit, 9: a machine cannot be reached, or does not let us in.
    """
    import os

    from govcloud_cli import output
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy import site_preflight
    from govcloud_infra.deploy.context import open_site

    context = open_site(site, os.environ)
    with Progress() as progress:
        progress.phase("preflight")
        found = site_preflight.look(context, progress.step)
        progress.done(0, f"looked at {', '.join(found.looked_at)}")
    output.show(form, found.plain(), found.text())
    return found.exit_code
