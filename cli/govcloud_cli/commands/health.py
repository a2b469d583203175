"""`govcloud health`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud health --timeout 90 -o json")
@site_argument
@click.option(
    "--timeout",
    "seconds",
    type=click.IntRange(5, 300),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long names, network policies and storage are tried out.",
)
@format_option
def health(site: Path, seconds: int, form: str) -> int:
    """Try a site out and ask its machines: names, services, a policy that must bite, a volume, etcd, certificates.

    Pods for that live in a namespace of their own, which is removed again.
    Exit code 0: well, 6: not as promised, 9: the API server cannot be reached, or refuses the credentials.
    """
    import os

    from govcloud_cli import output
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy.context import open_unmeasured
    from govcloud_infra.health import report

    context = open_unmeasured(site, os.environ)
    with Progress() as progress:
        progress.phase("health")
        found = report.full_report(context, seconds, progress.step)
        progress.done(0, "everything was looked at")
    output.show(form, found.plain(), found.text())
    return found.exit_code
