"""`govcloud kubeconfig`."""

from pathlib import Path

import click

from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: export KUBECONFIG=$(govcloud kubeconfig --path)")
@site_argument
@click.option("--path", "as_path", is_flag=True, help="Print the name of the file, not its content.")
def kubeconfig(site: Path, as_path: bool) -> None:
    """Print the administrator's credentials of a site. They open everything: keep them as a secret."""
    import os

    from govcloud_api.errors import ApiUnavailable
    from govcloud_infra.deploy.context import open_site

    context = open_site(site, os.environ)
    file = context.paths.kubeconfig
    if not file.exists():
        raise ApiUnavailable(f"site {context.site.name} has no cluster yet; run: govcloud deploy {site}")
    click.echo(str(file) if as_path else file.read_text(), nl=as_path)
