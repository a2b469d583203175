"""`govcloud init`."""

from pathlib import Path

import click

_NAME = "my-site"


@click.command(epilog="Example: govcloud init sites/north --profile lab-ha")
@click.argument("folder", metavar="[FOLDER]", type=click.Path(path_type=Path), required=False)
@click.option(
    "--profile",
    type=click.Choice(["lab", "lab-ha", "static"]),
    default="lab",
    show_default=True,
    help="lab: machines on this host. lab-ha: the same with three control planes. static: machines that exist.",
)
@click.option("--name", help="Name of the site; without it, the folder's.")
def init(folder: Path | None, profile: str, name: str | None) -> None:
    """Write a starter site file and a department to edit. Files that exist are never overwritten."""
    from govcloud_infra.paths import REPOSITORY
    from govcloud_infra.site import starter

    called = name or (folder.resolve().name if folder else _NAME)
    target = folder or Path("sites") / called
    wanted = starter.files(REPOSITORY / "sites", profile, target, called)
    starter.write(wanted)
    for file in wanted:
        click.echo(file)
    click.echo(f"Edit them, then: govcloud validate {target}", err=True)
