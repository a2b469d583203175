"""`govcloud validate`."""

from pathlib import Path

import click

from govcloud_cli.site_file import site_argument


@click.command(epilog="Example: govcloud validate sites/lab/site.yaml")
@site_argument
def validate(site: Path) -> None:
    """Check a site file; nothing is changed. Exit code 3 with every fault when it cannot be used."""
    import os

    from govcloud_infra.components import departments
    from govcloud_infra.deploy.context import open_site

    context = open_site(site, os.environ)
    checked, count = context.site, len(departments.read(context.departments))
    parts = f"{len(checked.control_planes)} control plane, {len(checked.workers)} workers, {count} departments"
    click.echo(f"{site} is valid: site {checked.name}, {parts}, Kubernetes {checked.spec.kubernetes.version}")
