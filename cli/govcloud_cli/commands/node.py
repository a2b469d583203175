"""`govcloud node`."""

from pathlib import Path

import click

from govcloud_cli.output import format_option
from govcloud_cli.site_file import site_argument

_UNREACHABLE = 9
_ENTRY = ("name", "role", "address", "provider", "failureDomain")


@click.group()
def node() -> None:
    """List the machines of a site, add one, remove one."""


@node.command("list", epilog="Example: govcloud node list -o json")
@site_argument
@format_option
def list_(site: Path, form: str) -> int:
    """Show every node of the site file, and those that left it and still stand, with what the cluster says of them.

    Exit code 9: the API server does not answer; the list is printed all the same.
    """
    import os

    from govcloud_api.errors import ApiUnavailable
    from govcloud_cli import output, tables
    from govcloud_infra.deploy.context import open_unmeasured
    from govcloud_infra.nodes import node_list
    from govcloud_infra.site import deployed
    from govcloud_kube import real

    context = open_unmeasured(site, os.environ)
    live, silent = None, False
    if context.paths.kubeconfig.exists():
        try:
            live = real.connect(context.paths.kubeconfig, timeout_seconds=3).list("v1", "Node")
        except ApiUnavailable as error:
            silent = True
            click.echo(str(error), err=True)
    rows = [row.plain() for row in node_list.rows(context.site, deployed.load(context.paths.deployed), live)]
    output.show(form, rows, tables.nodes(rows))
    return _UNREACHABLE if silent else 0


@node.command(epilog="Example: govcloud node add w3 --role worker --address 10.77.0.14")
@click.argument("name")
@site_argument
@click.option("--role", type=click.Choice(["control-plane", "worker"]), required=True, help="What it will do.")
@click.option("--address", required=True, help="Its IPv4 address, within spec.network.nodeCidr.")
@click.option("--provider", type=click.Choice(["nspawn", "static"]), help="nspawn (the default): made on this host.")
@click.option("--failure-domain", metavar="NAME", help="Rack, room or building.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option
def add(site: Path, form: str, yes: bool, **entry: str | None) -> None:
    """Write node NAME into the site file and deploy. A file that would not be valid stays as it is."""
    import os

    from govcloud_cli import output, question, summary
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy.context import open_site
    from govcloud_infra.nodes import nodes

    given = {_camel(key): value for key, value in entry.items() if value is not None}
    wanted = {key: given[key] for key in _ENTRY if key in given}  # as people write it, not as they typed the command
    question.ask(f"Add {wanted['role']} {wanted['name']} ({wanted['address']}) to {site}, and deploy?", yes=yes)
    with Progress() as progress:
        results = nodes.add(site, wanted, os.environ, progress)
    context = open_site(site, os.environ)
    output.show(form, summary.data(context, results), summary.text(context, results, site))


@node.command(epilog="Example: govcloud node remove w2 --confirm w2")
@click.argument("name")
@site_argument
@click.option("--confirm", metavar="NAME", required=True, help="The name once more.")
@click.option("--delete-local-data", is_flag=True, help="What lies on its disk only may be lost; without it, refused.")
@click.option(
    "--timeout", "timeout_seconds", type=click.FloatRange(0, 86400), default=300.0, show_default=True,
    metavar="SECONDS", help="How long its pods may take to leave.",
)  # fmt: skip
@format_option
def remove(name: str, site: Path, confirm: str, delete_local_data: bool, timeout_seconds: float, form: str) -> None:
    """Take node NAME out: its pods move, etcd lets it go, the site file no longer has it, its machine is removed.

    Refused (exit code 4, nothing changed) when etcd would lose its majority, or data that lies on this node only.
    A `static` machine is left as it is: switch it off, or install it anew.
    """
    import os

    from govcloud_cli import output, summary
    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy.context import open_site, open_unmeasured
    from govcloud_infra.nodes import drain, nodes

    if confirm != name:
        raise click.UsageError(f"--confirm says {confirm}, the node is {name}; nothing was changed")
    patience = drain.Patience(timeout_seconds=timeout_seconds)
    removal = nodes.Removal(name=name, delete_local_data=delete_local_data, patience=patience)
    with Progress() as progress:
        results = nodes.remove(open_unmeasured(site, os.environ), removal, progress)
    context = open_site(site, os.environ)
    output.show(form, summary.data(context, results), summary.text(context, results, site))


def _camel(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)
