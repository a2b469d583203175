"""Playbooks on the machines of a site: what each is told and how machines are reached, and those that only look."""

from collections.abc import Callable
from typing import Any

from govcloud_infra import inventory
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import transfer
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.variables import Told, playbook_variables

VERIFY, PREFLIGHT = "verify_cluster.yml", "preflight_machines.yml"
Step = Callable[[str], None]


def look(
    context: Context, made: inventory.Inventory, name: str, step: Step, access: inventory.SshAccess | None = None
) -> dict[str, dict[str, Any]]:
    """Run playbook `name`, which changes nothing, on the hosts of `made`; returns what each told.

    Raises PreflightFailed, ApiUnavailable and ToolFailed as `playbook.run` does, BundleCorrupt without a bundle.
    """
    manifest = Store(context.paths.bundle).manifest()
    told = Told(site=context.site, inventory=made, manifest=manifest, paths=context.paths, blobs={})
    return playbook.run(request(context, name, made, playbook_variables(told), access), step).reports


def request(
    context: Context,
    name: str,
    made: inventory.Inventory,
    variables: dict[str, Any],
    access: inventory.SshAccess | None = None,
) -> playbook.Request:
    """A run of playbook `name` on the machines of `made`, reached as the site file says unless `access` is given."""
    ssh = access or inventory.ssh_access(context.site, context.site_file, context.paths)
    return playbook.Request(
        playbook=name,
        inventory=inventory.for_ansible(made, ssh),
        variables=variables,
        paths=context.paths,
        mitogen=context.environ.get("GOVCLOUD_MITOGEN", "1") != "0",
    )


def told(context: Context, made: inventory.Inventory, manifest: Manifest) -> dict[str, Any]:
    """The extra variables of a playbook that changes machines, with what is copied to those that exist."""
    copied = {} if context.site.has_lab_machines else transfer.blobs(manifest, Store(context.paths.bundle))
    return playbook_variables(
        Told(site=context.site, inventory=made, manifest=manifest, paths=context.paths, blobs=copied)
    )
