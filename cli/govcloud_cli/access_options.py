"""Options that say which cluster a command talks to, and about whose things."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from govcloud_cli import names
from govcloud_cli.site_file import site_argument

F = TypeVar("F", bound=Callable[..., Any])


def access_options(function: F) -> F:
    """`[SITE]` and `--kubeconfig`."""
    kind = click.Path(path_type=Path, dir_okay=False, exists=True)
    text = "Credentials to use; else $KUBECONFIG, else the site administrator's."
    return site_argument(click.option("--kubeconfig", type=kind, help=text)(function))


def department_option(function: F) -> F:
    """`--department CODE`."""
    text = "Whose; else the one that the credentials are for."
    return click.option("--department", metavar="CODE", shell_complete=names.departments, help=text)(function)


def environment_option(function: F) -> F:
    """`-e NAME`: in which environment a service is."""
    text = "In which environment; may be left out when the department has one only."
    return click.option("-e", "--environment", metavar="NAME", shell_complete=names.environments, help=text)(function)
