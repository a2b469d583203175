"""`govcloud`: the table of commands."""

import sys

import click

from govcloud_cli import run
from govcloud_cli.lazy import LazyGroup

_HERE = "govcloud_cli.commands"
_TABLE = {
    "validate": (f"{_HERE}.validate", "validate", "Check a site file; every fault at once, with its line."),
    "bundle": (f"{_HERE}.bundle", "bundle", "Build, list and verify everything that a site needs."),
    "plan": (f"{_HERE}.plan", "plan", "Show what deploy would change."),
    "deploy": (f"{_HERE}.deploy", "deploy", "Make the cloud as the site file says; also repairs and goes on."),
    "status": (f"{_HERE}.status", "status", "Show health and endpoints."),
    "kubeconfig": (f"{_HERE}.kubeconfig", "kubeconfig", "Print the administrator's credentials, or their file."),
    "dept": (f"{_HERE}.dept", "dept", "Departments and their members' credentials."),
    "env": (f"{_HERE}.env", "env", "Ask for environments and follow them."),
    "destroy": (f"{_HERE}.destroy", "destroy", "Remove a site from this host, with all its data."),
    "version": (f"{_HERE}.version", "version", "Print versions."),
}


@click.group(
    cls=LazyGroup,
    table=_TABLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command takes a site file; without one, sites/lab/site.yaml.",
)
@click.option("--debug", is_flag=True, help="Show the trace of an error.")
def cli(debug: bool) -> None:
    """One private cloud that all departments share.

    \b
    govcloud bundle build        once: everything from pinned sources
    govcloud deploy              machines, cluster, platform, departments
    govcloud status              is it well?
    govcloud env request --department tax --product forms --purpose sandbox --why "try it"
    """


def main() -> None:
    """Entry point: exit codes as documented in docs/reference/cli.md."""
    sys.exit(run.run(cli, sys.argv[1:]))
