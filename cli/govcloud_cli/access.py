"""Which cluster a command talks to, and as whom."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from govcloud_cli import names
from govcloud_cli.site_file import default_site, site_argument

if TYPE_CHECKING:
    from govcloud_kube.cluster import Cluster

__all__ = [
    "access_options",
    "connect",
    "credentials",
    "default_site",
    "department_option",
    "environment_option",
    "home_namespace",
    "home_or_all",
]

F = TypeVar("F", bound=Callable[..., Any])
_HOME_PREFIX = "dept-"


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


def credentials(site: Path, kubeconfig: Path | None) -> Path:
    """The file to use. Raises ApiUnavailable when the site has no cluster, ConfigError for a wrong $KUBECONFIG."""
    if kubeconfig:
        return kubeconfig
    from govcloud_api.errors import ApiUnavailable, ConfigError

    if os.environ.get("KUBECONFIG"):
        given = Path(os.environ["KUBECONFIG"].split(os.pathsep)[0])
        if not given.is_file():
            raise ConfigError(
                f"$KUBECONFIG names {given}, which is no file; correct it, unset it, or give --kubeconfig"
            )
        return given
    from govcloud_infra.paths import site_paths
    from govcloud_infra.site.load import form_only, load

    found = site_paths(load(site, form_only).name, os.environ).kubeconfig
    if not found.exists():
        raise ApiUnavailable(f"no credentials: give --kubeconfig, or run govcloud deploy {site} first")
    return found


def connect(site: Path, kubeconfig: Path | None) -> "Cluster":
    """The cluster as that user."""
    from govcloud_kube import real

    return real.connect(credentials(site, kubeconfig))


def home_namespace(site: Path, kubeconfig: Path | None, department: str | None) -> str:
    """Home of `department`; without one, the namespace that the credentials are for."""
    if department:
        return f"{_HOME_PREFIX}{department}"
    import yaml

    from govcloud_api.errors import ConfigError

    file = credentials(site, kubeconfig)
    try:
        document = yaml.safe_load(file.read_text())
        contexts = {item["name"]: item["context"] for item in document.get("contexts") or []}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, KeyError) as error:
        raise ConfigError(f"{file} is no kubeconfig; give another with --kubeconfig") from error
    namespace = str((contexts.get(document.get("current-context")) or {}).get("namespace", ""))
    if not namespace.startswith(_HOME_PREFIX):
        raise click.UsageError("which department? Give --department CODE (govcloud dept ls lists them)")
    return namespace


def home_or_all(site: Path, kubeconfig: Path | None, department: str | None) -> str | None:
    """Namespace to look in; None: everywhere (for the platform, whose credentials name no department)."""
    try:
        return home_namespace(site, kubeconfig, department)
    except click.UsageError:
        return None
