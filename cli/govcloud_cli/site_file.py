"""The argument that every command takes: a site file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT = Path("sites/lab/site.yaml")
_SITE_FILES = ("site.yaml", "*/site.yaml", "*/*/site.yaml")


def site_argument(function: F) -> F:
    """`[SITE]`, as a path."""
    return click.argument(
        "site",
        metavar="[SITE]",
        type=click.Path(path_type=Path),
        required=False,
        callback=_or_default,
        shell_complete=_completions,
    )(function)


def _completions(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list["CompletionItem"]:
    """Site files at and below what is typed; where there is none, the shell completes files by itself."""
    from click.shell_completion import CompletionItem

    folder = Path(incomplete.rpartition("/")[0] or ("/" if incomplete.startswith("/") else "."))
    found = sorted(str(file) for pattern in _SITE_FILES for file in folder.glob(pattern))
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, filter(_starts(incomplete), found))]


def _starts(incomplete: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(incomplete.removeprefix("./"))


def _or_default(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    if value is not None:
        return value / "site.yaml" if value.is_dir() else value
    return default_site()


def default_site() -> Path:
    """The lab: of this folder, else of the project."""
    if _DEFAULT.exists():
        return _DEFAULT
    from govcloud_infra.paths import REPOSITORY

    return REPOSITORY / _DEFAULT
