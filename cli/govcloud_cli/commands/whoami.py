"""`govcloud whoami`."""

from pathlib import Path

import click

from govcloud_cli.access import connect, home_or_all
from govcloud_cli.access_options import access_options
from govcloud_cli.output import format_option


@click.command(epilog="Example: govcloud whoami -o json | jq .roles")
@access_options
@format_option
def whoami(site: Path, kubeconfig: Path | None, form: str) -> None:
    """Show who you are to the cloud: name, groups, your roles in departments, and what you may do where."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import identity, rights

    cluster = connect(site, kubeconfig)
    home = home_or_all(site, kubeconfig, None)
    me = identity.whoami(cluster, home)
    found = rights.gather(cluster, me, home)
    trusts = rights.trusts(cluster, me, home)
    data = {
        "user": me.user,
        "groups": list(me.groups),
        "roles": {code: list(names) for code, names in me.roles.items()},
        "authorityCertificates": trusts,
        "may": [{"where": right.where, "what": right.what} for right in found if right.allowed],
    }
    output.show(form, data, rights.text(me, found, trusts))
