"""Options of the commands that ask for something about an environment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from govcloud_cli import names
from govcloud_cli.access_options import access_options, department_option
from govcloud_cli.output import format_option

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)


def _stacked(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


content_options = _stacked(
    click.option("--size", type=click.Choice(["small", "medium", "large"]), help="How much; small unless said."),
    click.option("--cpu", metavar="CORES", help="In numbers instead of a size, with --memory, --storage and --pods."),
    click.option("--memory", metavar="SIZE", help="Such as 4Gi."),
    click.option("--storage", metavar="SIZE", help="Such as 20Gi."),
    click.option("--pods", type=click.IntRange(1, 1000), help="How many at once."),
    click.option("--tier", metavar="NAME", shell_complete=names.tiers, help="Level of service, as `catalog ls` says."),
    click.option(
        "--data-class",
        type=click.Choice(["public", "internal", "confidential", "secret"]),
        help="Highest class of data that it will hold.",
    ),
    click.option(
        "--member", "members", metavar="WHO=ROLE", multiple=True,
        help="Who gets in besides the department: anna=editor, group:NAME=viewer. All of them; once each.",
    ),
    click.option("--host", "hosts", metavar="NAME", multiple=True, help="Name that it answers to; all, once each."),
    click.option(
        "--egress", type=click.Choice(["closed", "internal", "public"]),
        help="Where it may connect to: nowhere, other machines of the site, everywhere.",
    ),
)  # fmt: skip

why_options = _stacked(
    click.option("--why", metavar="TEXT", help="Reason, for whoever decides."),
    click.option("-f", "--file", metavar="FILE", type=_FILE, help="Answers in YAML, by the names of the options."),
)

reason_options = _stacked(
    click.option("--current-use", metavar="TEXT", help="For more: what of the present quota is used."),
    click.option("--tried", metavar="TEXT", help="For more: what was tried to get along."),
)

end_options = _stacked(
    click.option("--wait", is_flag=True, help="Follow it until it is served, or a person must decide (exit code 6)."),
    click.option(
        "--dry-run", is_flag=True, help="Show what the API server and the rules say, and the price; create nothing."
    ),
    format_option,
)

about_environment = _stacked(
    click.argument("environment", metavar="NAME", shell_complete=names.environments), access_options, department_option
)


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was said on the command line: options that were given."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in options.items()
        if value not in (None, ())
    }
