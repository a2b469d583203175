"""Which cluster a command talks to, and as whom."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from govcloud_kube.cluster import Cluster

_HOME_PREFIX = "dept-"


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
