"""`govcloud dept`."""

from pathlib import Path

import click

from govcloud_cli import names
from govcloud_cli.access import connect, credentials, home_namespace
from govcloud_cli.access_options import access_options, department_option
from govcloud_cli.output import format_option


@click.group()
def dept() -> None:
    """Departments and their members' credentials."""


@dept.command(epilog="Example: govcloud dept ls -o json")
@access_options
@format_option
def ls(site: Path, kubeconfig: Path | None, form: str) -> None:
    """List departments: what each may use, and what it has been given. Members see their own."""
    from govcloud_cli import output, tables
    from govcloud_cli.tenancy import departments

    found = departments.gather(connect(site, kubeconfig))
    output.show(form, found, tables.departments(found))


@dept.command(epilog="Example: govcloud dept show tax")
@click.argument("code", shell_complete=names.departments)
@access_options
@format_option
def show(code: str, site: Path, kubeconfig: Path | None, form: str) -> None:
    """Show department CODE: quota, tier, highest class of data, contacts, who has which role. Members see their own."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import departments

    found = departments.find(connect(site, kubeconfig), code)
    output.show(form, found, departments.text(found))


@dept.command(epilog="Example: govcloud dept ca > ca.crt")
@access_options
@department_option
def ca(site: Path, kubeconfig: Path | None, department: str | None) -> None:
    """Print the certificate to trust: of the authority that signs for services and host names of the site.

    It is no secret. Programs find it as well: ca.crt in every Secret that `service bind` makes.
    """
    from govcloud_cli.tenancy import departments

    click.echo(departments.authority(connect(site, kubeconfig), home_namespace(site, kubeconfig, department)))


@dept.command(epilog="Example: govcloud dept kubeconfig tax --user anna --role owner > anna.kubeconfig")
@click.argument("code", shell_complete=names.departments)
@access_options
@click.option("--user", required=True, help="Name of the person or program, as it will stand in the audit log.")
@click.option("--role", help="Role in the department, as in its subjects; owner unless said.")
@click.option("--group", metavar="GROUP", help="Instead of a role: one of the department's groups.")
@click.option("--hours", type=click.IntRange(1, 24), default=8, show_default=True, help="How long it is good for.")
def kubeconfig(
    code: str, site: Path, kubeconfig: Path | None, user: str, role: str | None, group: str | None, hours: int
) -> None:
    """Print short-lived credentials for a member of department CODE. It is a secret: send it by a safe way.

    CODE `platform` is the team that runs the cloud: its groups are platform:owner, platform:approver,
    platform:finance, platform:auditor, platform:steward and platform:operator.
    """
    from govcloud_infra.credentials import Member, issue

    if role and group:
        raise click.UsageError("say --role or --group, not both")
    seconds = hours * 3600
    member = Member(user=user, department=code, role=role or "owner", group=group, valid_seconds=seconds)
    click.echo(issue(connect(site, kubeconfig), member, credentials(site, kubeconfig)), nl=False)
