"""`govcloud validate`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument

INVALID = 3


@click.command(epilog="Example: govcloud validate sites/lab/site.yaml")
@site_argument
@format_option
def validate(site: Path, form: str) -> int:
    """Check a site file and its departments; nothing is changed. Exit code 3 with every fault when they cannot be used.

    The file is measured against the bundle, and against the site as it was last deployed.
    """
    import os

    from govcloud_cli import output
    from govcloud_infra.health import verdict

    found = verdict.check(site, os.environ)
    if form == "text":
        found.raise_errors()
    output.show(form, found.plain(), "" if found.errors else found.text())
    return INVALID if found.errors else 0
