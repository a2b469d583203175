"""`govcloud dept`."""

from pathlib import Path

import click

from govcloud_cli.access import access_options, connect, credentials
from govcloud_cli.output import format_option


@click.group()
def dept() -> None:
    """Departments and their members' credentials."""


@dept.command(epilog="Example: govcloud dept ls -o json")
@access_options
@format_option
def ls(site: Path, kubeconfig: Path | None, form: str) -> None:
    """List departments: what each may use, and what it has been given."""
    from govcloud_cli import output, tables

    departments = connect(site, kubeconfig).list("govcloud.internal/v1alpha1", "Department")
    output.show(form, departments, tables.departments(departments))


@dept.command(epilog="Example: govcloud dept kubeconfig tax --user anna --role owner > anna.kubeconfig")
@click.argument("code")
@access_options
@click.option("--user", required=True, help="Name of the person or program, as it will stand in the audit log.")
@click.option("--role", default="owner", show_default=True, help="Role in the department, as in its subjects.")
@click.option("--hours", type=click.IntRange(1, 24), default=8, show_default=True, help="How long it is good for.")
def kubeconfig(code: str, site: Path, kubeconfig: Path | None, user: str, role: str, hours: int) -> None:
    """Print short-lived credentials for a member of department CODE. It is a secret: send it by a safe way."""
    from govcloud_infra.credentials import Member, issue

    member = Member(user=user, department=code, role=role, valid_seconds=hours * 3600)
    click.echo(issue(connect(site, kubeconfig), member, credentials(site, kubeconfig)), nl=False)
