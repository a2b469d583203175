"""`govcloud version`."""

import click

from govcloud_cli.output import format_option


@click.command(epilog="Example: govcloud version -o json")
@format_option
def version(form: str) -> None:
    """Print the version of govcloud and of the Kubernetes in the bundle."""
    import os
    from importlib import metadata

    from govcloud_cli import output
    from govcloud_infra.bundle.store import Store, default_root

    bundle = Store(default_root(os.environ))
    data = {"govcloud": metadata.version("govcloud"), "bundle": bundle.versions()}
    lines = [f"govcloud {data['govcloud']}", *(f"{name} {text}" for name, text in bundle.versions().items())]
    output.show(form, data, "\n".join(lines))
