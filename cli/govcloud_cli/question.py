"""One question before something is changed, on a terminal only: a program that calls us has decided already."""

import sys

import click


def ask(text: str, *, yes: bool) -> None:
    """Raises click.Abort when a person says no."""
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if not click.confirm(text, default=True, err=True):
        raise click.Abort
