"""`govcloud doctor`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud doctor -o json")
@site_argument
@format_option
def doctor(site: Path, form: str) -> int:
    """Look for what is wrong on this host: bundle, tools, rights, room, time, cut-off runs, remains of dead labs.

    Each line says what to do; nothing is changed. Exit code 0, or 4 when something fails; a warning is no failure.
    """
    import os

    from govcloud_cli import output
    from govcloud_infra.diagnosis import doctor as diagnosis

    found = diagnosis.diagnose(site, os.environ)
    output.show(form, found.plain(), found.text())
    return found.exit_code
