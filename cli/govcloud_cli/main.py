"""`govcloud`: the table of commands."""

import signal
import sys

import click

from govcloud_cli import run
from govcloud_cli.lazy import LazyGroup

_HERE = "govcloud_cli.commands"
_TABLE = {
    "init": (f"{_HERE}.init", "init", "Write a starter site file."),
    "validate": (f"{_HERE}.validate", "validate", "Check a site file; every fault at once, with its line."),
    "bundle": (f"{_HERE}.bundle", "bundle", "Build, list and verify everything that a site needs."),
    "preflight": (f"{_HERE}.preflight", "preflight", "Look whether this host and the machines are fit."),
    "plan": (f"{_HERE}.plan", "plan", "Show what deploy would change."),
    "deploy": (f"{_HERE}.deploy", "deploy", "Make the cloud as the site file says; also repairs and goes on."),
    "status": (f"{_HERE}.status", "status", "Show health and endpoints."),
    "health": (f"{_HERE}.health", "health", "Try everything out: names, network, storage, etcd, certificates."),
    "node": (f"{_HERE}.node", "node", "List the machines of a site, add one, remove one."),
    "kubeconfig": (f"{_HERE}.kubeconfig", "kubeconfig", "Print the administrator's credentials, or their file."),
    "dept": (f"{_HERE}.dept", "dept", "Departments and their members' credentials."),
    "env": (f"{_HERE}.env", "env", "Ask for environments, change them, give them back, follow them."),
    "approvals": (f"{_HERE}.approvals", "approvals", "Decide about requests: what waits for you, yes or no."),
    "catalog": (f"{_HERE}.catalog", "catalog", "What can be ordered: services, their plans and prices, tiers."),
    "service": (f"{_HERE}.service", "service", "Databases and other services: order, use, restore, delete."),
    "quota": (f"{_HERE}.quota", "quota", "What a department may use and uses, and what it could give back."),
    "top": (f"{_HERE}.top", "top", "Live, by department: granted, reserved, used, wasted."),
    "report": (f"{_HERE}.report", "report", "What a month cost, by department: for people, paper and programs."),
    "issues": (f"{_HERE}.issues", "issues", "What you must mend, and how."),
    "whoami": (f"{_HERE}.whoami", "whoami", "Who you are to the cloud, and what you may do."),
    "doctor": (f"{_HERE}.doctor", "doctor", "Look for what is wrong on this host."),
    "support-bundle": (f"{_HERE}.support_bundle", "support_bundle", "Gather what helpers need; without secrets."),
    "destroy": (f"{_HERE}.destroy", "destroy", "Remove a site from this host, with all its data."),
    "version": (f"{_HERE}.version", "version", "Print versions."),
    "completion": (f"{_HERE}.completion", "completion", "Print the completion script of a shell."),
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
    # A terminal that closes, or a service that is stopped, interrupts as Ctrl-C does: nothing goes on unseen.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    sys.exit(run.run(cli, sys.argv[1:]))
