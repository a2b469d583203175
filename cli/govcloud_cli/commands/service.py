"""`govcloud service`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from govcloud_cli import names
from govcloud_cli.access import connect, home_namespace, home_or_all
from govcloud_cli.access_options import access_options, department_option, environment_option
from govcloud_cli.output import format_option
from govcloud_cli.span import Span

if TYPE_CHECKING:
    from govcloud_kube.cluster import Cluster

NOT_READY = 6
_INSTANCE = click.argument("name", shell_complete=names.instances)
_ROLE = click.Choice(["ro", "rw", "admin"])


@click.group()
def service() -> None:
    """Databases and other services of an environment: order, use, restore, delete."""


@service.command(epilog="Example: govcloud service create db -e forms-prod --offering postgresql --plan small --wait")
@click.argument("name")
@access_options
@department_option
@environment_option
@click.option("--offering", metavar="NAME", required=True, shell_complete=names.offerings, help="As `catalog ls` says.")
@click.option("--plan", metavar="NAME", required=True, shell_complete=names.plans, help="As `catalog show` says.")
@click.option("--version", help="Else the offering's default.")
@click.option("--backup-hour", type=click.IntRange(0, 23), help="Hour of the day (UTC) of the daily backup.")
@click.option("--backup-days", type=click.IntRange(1, 365), help="How long backups are kept.")
@click.option("--unprotected", is_flag=True, help="It may be deleted without more ado.")
@click.option("--image", metavar="IMAGE", help="For a web program: what runs.")
@click.option("--port", type=click.IntRange(1024, 65535), help="For a web program: where it listens; else 8080.")
@click.option("--host", metavar="NAME", help="For a web program: one of the environment's host names.")
@click.option("--health-path", metavar="PATH", help="For a web program: answers 200 while it is well; else /.")
@click.option("--replicas", metavar="MIN-MAX", help="For a web program: how many copies, such as 2-5; else 1.")
@click.option("--set", "variables", metavar="NAME=VALUE", multiple=True, help="For a web program: a variable.")
@click.option(
    "--secret", "secrets", metavar="NAME=SECRET/KEY", multiple=True, help="The same, from a Secret of the environment."
)
@click.option("--wait", is_flag=True, help="Follow it until it is ready (exit code 6: not yet).")
@click.option("--dry-run", is_flag=True, help="Let the API server check it, create nothing.")
@format_option
def create(**options: Any) -> int:
    """Order a service NAME in an environment, from the catalogue."""
    from govcloud_api.requests import Order
    from govcloud_cli.tenancy import services

    cluster, namespace = _at(options)
    wanted = Order(
        namespace=namespace,
        name=options["name"],
        offering=options["offering"],
        plan=options["plan"],
        version=options["version"],
        backup_hour=options["backup_hour"],
        retention_days=options["backup_days"],
        protected=not options["unprotected"],
        web=services.web(options),
    )
    return _made(cluster, wanted, options)


@service.command(epilog="Example: govcloud service ls -e forms-prod")
@access_options
@department_option
@environment_option
@format_option
def ls(site: Path, kubeconfig: Path | None, department: str | None, environment: str | None, form: str) -> None:
    """List services: of one environment, of the department, or of all."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import places, services

    cluster = connect(site, kubeconfig)
    spaces = places.workspaces(cluster, home_or_all(site, kubeconfig, department), environment)
    found = places.everywhere(cluster, services.INSTANCE, spaces)
    output.show(form, found, services.listing_text(found))


@service.command(epilog="Example: govcloud service show db -e forms-prod")
@_INSTANCE
@access_options
@department_option
@environment_option
@format_option
def show(**options: Any) -> int:
    """Show service NAME: endpoint, version, backups, problems, and who may use it. Exit code 6: not ready."""
    from govcloud_api import summaries
    from govcloud_cli import output
    from govcloud_cli.tenancy import places, services

    cluster, namespace = _at(options)
    found = places.named(cluster, services.INSTANCE, options["name"], namespace)
    bindings = services.bindings_of(cluster, found)
    output.show(options["form"], {"instance": found, "bindings": bindings}, services.instance_text(found, bindings))
    return 0 if summaries.summarize(found).ready else NOT_READY


@service.command(
    epilog='Example: govcloud service credentials db -e forms-prod --ttl 4h --reason "repair of case 17" > db.env'
)
@_INSTANCE
@access_options
@department_option
@environment_option
@click.option(
    "--ttl",
    type=Span(),
    metavar="TIME",
    default="1h",
    show_default=True,
    help="How long they are good for: 30m, 4h, 7d.",
)
@click.option("--reason", metavar="TEXT", required=True, help="At least 10 characters; stays in the record.")
@click.option("--role", type=_ROLE, default="ro", show_default=True, help="Read, write, or change the schema as well.")
@format_option
def credentials(**options: Any) -> None:
    """Print temporary credentials of service NAME for yourself, as lines that a shell reads. They are a secret.

    They are recorded with your name and reason, and end by themselves.
    """
    from govcloud_api.requests import Access
    from govcloud_cli import output
    from govcloud_cli.tenancy import credentials as desk

    cluster, namespace = _at(options)
    access = Access(
        namespace=namespace,
        instance=options["name"],
        role=options["role"],
        ttl_seconds=options["ttl"],
        reason=options["reason"],
    )
    binding = desk.ask(cluster, access)
    entries = desk.secret(cluster, binding)
    click.echo(desk.end_text(binding), err=True)
    if options["form"] == "text":
        click.echo(desk.env_lines(entries))  # as it is: a password may hold anything
    else:
        output.show(options["form"], entries, "")


@service.command(epilog="Example: govcloud service bind forms-db --instance db -e forms-prod --role rw")
@click.argument("name")
@access_options
@department_option
@environment_option
@click.option("--instance", metavar="NAME", required=True, shell_complete=names.instances, help="Which service.")
@click.option("--role", type=_ROLE, default="rw", show_default=True, help="Read, write, or change the schema as well.")
@click.option("--rotation", type=Span(), metavar="TIME", help="A new password after half of this; else 30d.")
@format_option
def bind(**options: Any) -> None:
    """Give a program access to a service, in a Secret called NAME that is renewed for ever."""
    from govcloud_api.requests import Access
    from govcloud_cli import output
    from govcloud_cli.tenancy import credentials as desk

    cluster, namespace = _at(options)
    access = Access(
        namespace=namespace,
        instance=options["instance"],
        role=options["role"],
        rotation_seconds=options["rotation"],
        name=options["name"],
    )
    binding = desk.ask(cluster, access)
    output.show(options["form"], binding, desk.bound_text(binding))


@service.command(epilog="Example: govcloud service revoke forms-db -e forms-prod")
@click.argument("name", shell_complete=names.bindings)
@access_options
@department_option
@environment_option
@format_option
def revoke(**options: Any) -> None:
    """End access NAME for good, open sessions too."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import credentials as desk
    from govcloud_cli.tenancy import places

    cluster, namespace = _at(options)
    found = desk.revoke(cluster, places.named(cluster, desk.BINDING, options["name"], namespace))
    output.show(options["form"], found, f"access {options['name']} is revoked; its sessions end within seconds")


@service.command(epilog="Example: govcloud service backup db -e forms-prod --wait")
@_INSTANCE
@access_options
@department_option
@environment_option
@click.option("--wait", is_flag=True, help="Follow it until the backup is there (exit code 6: not yet).")
@format_option
def backup(**options: Any) -> int:
    """Have one more backup of service NAME made now, besides the daily ones: before a risky change, for example.

    It is kept as long as the others. `service restore` makes a new service from it.
    """
    from datetime import UTC, datetime

    from govcloud_cli import output
    from govcloud_cli.tenancy import places, services

    cluster, namespace = _at(options)
    found = places.named(cluster, services.INSTANCE, options["name"], namespace)
    asked = services.want_backup(cluster, found, datetime.now(UTC))
    asked = services.wait_for_backup(cluster, asked) if options["wait"] else asked
    output.show(options["form"], asked, services.backup_text(asked))
    return 0 if not options["wait"] or services.has_wanted_backup(asked) else NOT_READY


@service.command(
    epilog="Example: govcloud service restore db2 --from db -e forms-prod --time 2026-11-24T08:00:00Z --wait"
)
@click.argument("name")
@access_options
@department_option
@environment_option
@click.option("--from", "source", metavar="NAME", required=True, shell_complete=names.instances, help="Which service.")
@click.option("--time", "moment", metavar="MOMENT", help="As it was then, in UTC; else the newest state there is.")
@click.option("--wait", is_flag=True, help="Follow it until it is ready (exit code 6: not yet).")
@click.option("--dry-run", is_flag=True, help="Let the API server check it, create nothing.")
@format_option
def restore(**options: Any) -> int:
    """Make a new service NAME that starts as a copy of another one, as it was at a moment. The other stays as it is."""
    from govcloud_cli.tenancy import places, services

    cluster, namespace = _at(options)
    source = places.named(cluster, services.INSTANCE, options["source"], namespace)
    return _made(cluster, services.restored(source, options["name"], options["moment"]), options)


@service.command(epilog="Example: govcloud service delete db -e forms-prod --confirm db")
@_INSTANCE
@access_options
@department_option
@environment_option
@click.option("--confirm", metavar="NAME", required=True, help="The name once more.")
@format_option
def delete(**options: Any) -> None:
    """Delete service NAME with its data, also when it is protected."""
    from govcloud_cli import output
    from govcloud_cli.tenancy import places, services

    name = options["name"]
    if options["confirm"] != name:
        raise click.UsageError(f"--confirm says {options['confirm']}, the service is {name}; nothing was changed")
    cluster, namespace = _at(options)
    found = places.named(cluster, services.INSTANCE, name, namespace)
    services.delete(cluster, found)
    output.show(options["form"], found, f"service {namespace}/{name} is being deleted")


def _at(options: dict[str, Any]) -> tuple["Cluster", str]:
    """The cluster, and the namespace of the environment."""
    from govcloud_cli.tenancy import places

    cluster = connect(options["site"], options["kubeconfig"])
    home = home_namespace(options["site"], options["kubeconfig"], options["department"])
    return cluster, places.workspace(cluster, home, options["environment"])


def _made(cluster: "Cluster", wanted: Any, options: dict[str, Any]) -> int:
    from govcloud_api import summaries
    from govcloud_cli import output
    from govcloud_cli.tenancy import services

    made = services.order(cluster, wanted, dry_run=options["dry_run"])
    if options["dry_run"]:
        output.show(options["form"], made, "the API server accepts it; nothing was created")
        return 0
    made = services.wait(cluster, made) if options["wait"] else made
    output.show(options["form"], made, services.instance_text(made))
    return 0 if not options["wait"] or summaries.summarize(made).ready else NOT_READY
