"""`govcloud destroy`."""

from pathlib import Path

import click

from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud destroy --confirm lab")
@site_argument
@click.option("--confirm", metavar="NAME", required=True, help="Name of the site, as in its file.")
def destroy(site: Path, confirm: str) -> None:
    """Remove a site from this host: machines, network, keys, state. Its data is gone; the bundle stays."""
    import os

    from govcloud_cli.progress import Progress
    from govcloud_infra.deploy import conductor
    from govcloud_infra.deploy.context import open_unmeasured

    with Progress() as progress:
        context = open_unmeasured(site, os.environ)
        if confirm != context.site.name:
            raise click.UsageError(
                f"--confirm says {confirm}, {site} describes site {context.site.name}; nothing was changed"
            )
        conductor.destroy(context, progress)
    click.echo(f"site {context.site.name} is gone from this host")
