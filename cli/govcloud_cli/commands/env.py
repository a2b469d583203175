"""`govcloud env`."""

from pathlib import Path
from typing import Any

import click

from govcloud_cli import names
from govcloud_cli.access import connect, home_namespace, home_or_all
from govcloud_cli.access_options import access_options, department_option
from govcloud_cli.output import format_option
from govcloud_cli.wish_options import (
    about_environment,
    content_options,
    end_options,
    reason_options,
    said,
    why_options,
)

_PURPOSES = click.Choice(["production", "staging", "test", "development", "sandbox"])


@click.group()
def env() -> None:
    """Ask for environments, change them, give them back, follow what becomes of it."""


@env.command(epilog='Example: govcloud env request --product forms --purpose sandbox --why "try the new form" --wait')
@access_options
@department_option
@click.option("--product", metavar="NAME", help="Short name of what will run there.")
@click.option("--purpose", type=_PURPOSES, help="A sandbox within the quota needs no approver.")
@content_options
@click.option("--days", type=click.IntRange(1, 365), help="Lifetime; sandbox 30 and development 180 unless said.")
@click.option("--name", help="Name of the request; else one is made.")
@why_options
@end_options
def request(**options: Any) -> int:
    """Ask for an environment. On a terminal, what is missing is asked for, with the price.

    Prints the request; with --wait also what became of it (exit code 6: not there yet, or a person must decide).
    """
    from govcloud_cli.tenancy import prompts

    return _make(options, "Create", prompts.CREATE)


@env.command(epilog='Example: govcloud env change forms-prod --size medium --why "twice as many forms" --dry-run')
@about_environment
@content_options
@click.option("--no-members", is_flag=True, help="Nobody gets in besides the department.")
@click.option("--no-hosts", is_flag=True, help="It answers to no name of its own.")
@reason_options
@why_options
@end_options
def change(no_members: bool, no_hosts: bool, **options: Any) -> int:
    """Ask for more, less or something else for environment NAME. What is not named stays as it is.

    Less is granted at once; more within limits when what is there is used; else people decide.
    """
    from govcloud_cli.tenancy import prompts

    emptied: dict[str, Any] = ({"members": []} if no_members else {}) | ({"hosts": []} if no_hosts else {})
    return _make(options, "Change", prompts.CHANGE, emptied)


@env.command(epilog='Example: govcloud env extend forms-sandbox --days 30 --why "the test goes on"')
@about_environment
@click.option("--days", type=click.IntRange(1, 365), help="From now.")
@why_options
@end_options
def extend(**options: Any) -> int:
    """Ask that environment NAME live longer, also while it is suspended."""
    from govcloud_cli.tenancy import prompts

    return _make(options, "Extend", prompts.EXTEND)


@env.command(epilog='Example: govcloud env transfer forms-prod --to civil --why "the law moved it"')
@about_environment
@click.option("--to", metavar="CODE", shell_complete=names.departments, help="Department that gets it.")
@why_options
@end_options
def transfer(**options: Any) -> int:
    """Ask that environment NAME, with all that is in it, belong to another department. Both must agree."""
    from govcloud_cli.tenancy import prompts

    return _make(options, "Transfer", prompts.TRANSFER)


@env.command(epilog='Example: govcloud env delete forms-sandbox --confirm forms-sandbox --why "no longer needed"')
@about_environment
@click.option("--confirm", metavar="NAME", help="The name once more; required unless --dry-run.")
@why_options
@end_options
def delete(confirm: str | None, **options: Any) -> int:
    """Give environment NAME back, with all its data. For staging and production an approver must agree."""
    from govcloud_cli.tenancy import prompts

    if not options["dry_run"] and confirm != options["environment"]:
        what = f"--confirm says {confirm}" if confirm else "this removes all its data"
        raise click.UsageError(f"{what}; say --confirm {options['environment']}; nothing was asked")
    return _make(options, "Delete", prompts.WHY)


@env.command(
    epilog='Example: govcloud env exempt forms-dev --rule image-registry --days 30 --reason "the vendor sends an image"'
)
@about_environment
@click.option(
    "--rule", type=click.Choice(["image-registry", "ingress-hosts"]), required=True,
    help="Images of other registries, or host names that were not asked for.",
)  # fmt: skip
@click.option("--days", type=click.IntRange(1, 365), required=True, help="For how long, from now.")
@click.option("--reason", metavar="TEXT", required=True, help="At least 10 characters, for the platform team.")
@click.option("--dry-run", is_flag=True, help="Let the API server check it, create nothing.")
@format_option
def exempt(**options: Any) -> None:
    """Ask that a rule does not hold for environment NAME, for a time. An approver of the platform decides."""
    from datetime import UTC, datetime, timedelta

    from govcloud_api import conditions
    from govcloud_api.requests import Exemption
    from govcloud_cli import output
    from govcloud_cli.tenancy import places, requesting

    home = home_namespace(options["site"], options["kubeconfig"], options["department"])
    wanted = Exemption(
        department=places.code_of(home),
        environment=options["environment"],
        rule=options["rule"],
        reason=options["reason"],
        expires_at=conditions.timestamp(datetime.now(UTC) + timedelta(days=options["days"])),
    )
    cluster = connect(options["site"], options["kubeconfig"])
    made = requesting.exempt(cluster, wanted, dry_run=options["dry_run"])
    name = made["metadata"]["name"]
    asked = f"exemption {name}: an approver of the platform decides\nnext: govcloud env status {name}"
    text = "the API server accepts it; nothing was created" if options["dry_run"] else asked
    output.show(options["form"], made, text)


@env.command(epilog="Example: govcloud env cancel forms-prod-x7k2p")
@click.argument("name", shell_complete=names.requests)
@access_options
@department_option
@format_option
def cancel(name: str, site: Path, kubeconfig: Path | None, department: str | None, form: str) -> None:
    """Take request NAME back before it is decided. Afterwards it stays as history."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import requesting

    home = home_namespace(site, kubeconfig, department)
    gone = requesting.cancel(connect(site, kubeconfig), home, name.rpartition("/")[2])
    output.show(form, gone, f"request {gone['metadata']['name']} was taken back")


@env.command(epilog="Example: govcloud env ls --department tax")
@access_options
@department_option
@click.option("--all", "every", is_flag=True, help="Requests that are decided and over, too.")
@format_option
def ls(site: Path, kubeconfig: Path | None, department: str | None, every: bool, form: str) -> None:
    """List environments and requests that are under way."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import environments

    home = home_or_all(site, kubeconfig, department)
    found = environments.listing(connect(site, kubeconfig), home, every=every)
    output.show(form, found, environments.listing_text(found))


@env.command(epilog="Example: govcloud env status forms-sandbox --department tax")
@click.argument("name", shell_complete=names.environments)
@access_options
@department_option
@format_option
def status(name: str, site: Path, kubeconfig: Path | None, department: str | None, form: str) -> int:
    """Show an environment, a request or an exemption NAME: who must decide, conditions, problems, what it waits for."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import environments

    found = environments.find(connect(site, kubeconfig), home_namespace(site, kubeconfig, department), name)
    output.show(form, found, environments.status_text(found))
    return environments.exit_code(found)


def _make(options: dict[str, Any], kind: str, questions: Any, emptied: dict[str, Any] | None = None) -> int:
    from govcloud_cli.tenancy import conversation

    keys = ("site", "kubeconfig", "department", "file", "wait", "dry_run", "form")
    setting = conversation.Setting(**{key: options.pop(key) for key in keys})
    return conversation.run(setting, {**said(options), **(emptied or {}), "type": kind}, questions)
