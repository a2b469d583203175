"""The program of the project in which a person runs `pulumi`: the same as in a `govcloud` command."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from govcloud_api.errors import GovcloudError
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy.context import open_site
from govcloud_infra.engine.project import SITE_FILE
from govcloud_infra.programs import arguments, platform, site


def run(environ: Mapping[str, str]) -> None:
    """Raises pulumi.RunError, whose text is shown without a trace."""
    if not environ.get(SITE_FILE):
        raise pulumi.RunError("this shell does not know the site; run `. ./env` in the stack's folder first")
    try:
        _declare(environ)
    except GovcloudError as error:
        raise pulumi.RunError(str(error)) from error


def _declare(environ: Mapping[str, str]) -> None:
    ctx = open_site(Path(environ[SITE_FILE]), environ)
    manifest = Store(ctx.paths.bundle).manifest()
    if pulumi.get_project() == "govcloud-platform":
        platform.program(arguments.platform_args(ctx, manifest))()
    else:
        site.program(arguments.site_args(ctx, arguments.rootfs_sha256(manifest)))()
