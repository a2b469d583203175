"""`govcloud support-bundle`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument


@click.command("support-bundle", epilog="Example: govcloud support-bundle --to lab.tar.gz")
@site_argument
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; else govcloud-support-SITE-TIME.tar.gz here.",
)
@click.option("--no-probes", is_flag=True, help="Do not try the cluster out: nothing is made in it, not for a moment.")
@format_option
def support_bundle(site: Path, target: Path | None, no_probes: bool, form: str) -> None:
    """Gather what somebody who helps needs to see: logs, journal, health, machines, platform objects.

    Never in it: credentials, keys, Secrets, values of environment variables. Works when the cluster is down, and says
    then what is missing. Prints what is in the file, which its owner alone may read.
    """
    import os
    from datetime import UTC, datetime

    from govcloud_cli import output
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy.context import open_unmeasured
    from govcloud_infra.diagnosis import support

    context = open_unmeasured(site, os.environ)
    name = f"govcloud-support-{context.site.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    with Progress() as progress:
        progress.phase("gather")
        written = support.make(context, target or Path(name), progress.step, probe=not no_probes)
        progress.done(0, f"{len(written.holds)} files")
    output.show(form, written.plain(), written.text())
