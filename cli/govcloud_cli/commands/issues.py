"""`govcloud issues`."""

from pathlib import Path

import click

from govcloud_cli.access import connect, home_or_all
from govcloud_cli.access_options import access_options, department_option
from govcloud_cli.output import format_option

ISSUES = 6


@click.command(epilog="Example: govcloud issues --department tax")
@access_options
@department_option
@format_option
def issues(site: Path, kubeconfig: Path | None, department: str | None, form: str) -> int:
    """List what you must mend, and how: in environments, services, requests, late decisions.

    Exit code 6 when there is an error among them.
    """
    from govcloud_cli import output
    from govcloud_cli.tenancy import identity
    from govcloud_cli.tenancy import issues as found_in

    cluster = connect(site, kubeconfig)
    home = home_or_all(site, kubeconfig, department)
    found = found_in.gather(cluster, identity.whoami(cluster, home), home)
    output.show(form, [issue.plain() for issue in found], found_in.text(found))
    return ISSUES if any(issue.severity == "error" for issue in found) else 0
