"""`govcloud approvals`."""

from pathlib import Path

import click

from govcloud_cli import names
from govcloud_cli.access import connect, home_or_all
from govcloud_cli.access_options import access_options
from govcloud_cli.output import format_option


@click.group()
def approvals() -> None:
    """Decide about requests: what waits for you, all about it, yes or no."""


@approvals.command(epilog="Example: govcloud approvals inbox -o json")
@access_options
@format_option
def inbox(site: Path, kubeconfig: Path | None, form: str) -> None:
    """List requests that wait for your word: who asks for what, the price, until when. The most urgent stand first.

    You see those that need a role that you have: in your department, or for the platform. An environment that
    another department wants to hand over to yours is among them while your department's word is waited for.
    """
    from datetime import UTC, datetime

    from govcloud_cli import output
    from govcloud_cli.tenancy import identity
    from govcloud_cli.tenancy import inbox as box

    cluster = connect(site, kubeconfig)
    home = home_or_all(site, kubeconfig, None)
    found = box.gather(cluster, identity.whoami(cluster, home), home)
    output.show(form, [entry.plain() for entry in found], box.text(found, datetime.now(UTC)))


@approvals.command(epilog="Example: govcloud approvals show tax/forms-prod-x7k2p")
@click.argument("request", shell_complete=names.questions)
@access_options
@format_option
def show(request: str, site: Path, kubeconfig: Path | None, form: str) -> None:
    """Show all about a REQUEST: who, why, what changes, what the rules measured, price, whose word is missing."""
    from datetime import UTC, datetime

    from govcloud_cli import output
    from govcloud_cli.tenancy import deciding

    cluster = connect(site, kubeconfig)
    question = deciding.find(cluster, home_or_all(site, kubeconfig, None), request)
    output.show(form, question.request, deciding.shown(question, datetime.now(UTC)))


_ROLE = click.option("--role", metavar="ROLE", help="In which of your roles; needed only when you have several.")
_YES = click.option("--yes", is_flag=True, help="Do not show it and ask, on a terminal.")


@approvals.command(epilog="Example: govcloud approvals approve tax/forms-prod-x7k2p")
@click.argument("request", shell_complete=names.questions)
@access_options
@click.option("--reason", metavar="TEXT", default="", help="For those who read it later.")
@_ROLE
@_YES
@format_option
def approve(
    request: str, site: Path, kubeconfig: Path | None, reason: str, role: str | None, yes: bool, form: str
) -> None:
    """Agree to a REQUEST, exactly as it is now. Prints whose word is still missing."""
    _decide("Approve", request, site, kubeconfig, reason, role, yes=yes, form=form)


@approvals.command(epilog='Example: govcloud approvals deny tax/forms-prod-x7k2p --reason "the old one is hardly used"')
@click.argument("request", shell_complete=names.questions)
@access_options
@click.option("--reason", metavar="TEXT", required=True, help="At least 10 characters; the asker reads it.")
@_ROLE
@_YES
@format_option
def deny(
    request: str, site: Path, kubeconfig: Path | None, reason: str, role: str | None, yes: bool, form: str
) -> None:
    """Say no to a REQUEST. One no ends it; the asker reads the reason and may ask anew."""
    _decide("Deny", request, site, kubeconfig, reason, role, yes=yes, form=form)


def _decide(
    verdict: str, name: str, site: Path, kubeconfig: Path | None, reason: str, role: str | None, *, yes: bool, form: str
) -> None:
    from datetime import UTC, datetime

    from govcloud_api.requests import Word
    from govcloud_cli import output, question
    from govcloud_cli.tenancy import deciding, identity, prompts

    cluster, home = connect(site, kubeconfig), home_or_all(site, kubeconfig, None)
    asked = deciding.find(cluster, home, name)
    seat = deciding.seat(asked.request, identity.whoami(cluster, home), role)
    if prompts.on_terminal() and not yes:
        click.echo(output.harmless(deciding.shown(asked, datetime.now(UTC))), err=True)
    question.ask(f"{verdict} this as {seat.role}?", yes=yes)
    word = Word(verdict=verdict, role=seat.role, namespace=seat.namespace, reason=reason)
    approval, after = deciding.decide(cluster, asked, word)
    output.show(form, {"approval": approval, "request": after}, deciding.decided_text(approval, after))
