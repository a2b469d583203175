"""The argument that every command takes: a site file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT = Path("sites/lab/site.yaml")


def site_argument(function: F) -> F:
    """`[SITE]`, as a path."""
    kind = click.Path(path_type=Path)
    return click.argument("site", metavar="[SITE]", type=kind, required=False, callback=_or_default)(function)


def _or_default(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    if value is not None:
        return value / "site.yaml" if value.is_dir() else value
    if _DEFAULT.exists():
        return _DEFAULT
    from govcloud_infra.paths import REPOSITORY

    return REPOSITORY / _DEFAULT
