"""Results to stdout: a table for people, JSON or YAML for programs."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def format_option(function: F) -> F:
    """`-o text|json|yaml`."""
    choice = click.Choice(["text", "json", "yaml"])
    return click.option(
        "-o", "--output", "form", type=choice, default="text", show_default=True, help="Form of the result."
    )(function)


def show(form: str, data: Any, text: str) -> None:
    """Print `data` in a program's form, or `text`, which may hold words of strangers."""
    if form == "json":
        click.echo(json.dumps(data, indent=2))
    elif form == "yaml":
        import yaml

        click.echo(yaml.safe_dump(data, sort_keys=False), nl=False)
    else:
        click.echo(harmless(text))


def harmless(text: str) -> str:
    """Without what steers a terminal or hides: control characters, changes of direction, blanks of no width."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)


def indented(text: str) -> str:
    """Further lines stand further right: nobody's words can pass for a line of ours."""
    return "\n    ".join(text.splitlines()) or text


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell; no trailing blanks."""
    cells = [list(header), *[[" ".join(cell.split("\n")) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines)
