"""Playbooks that only look at machines: is each fit, is the cluster as promised. Nothing is changed by them."""

from collections.abc import Callable
from typing import Any

from govcloud_infra import inventory
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.variables import Told, playbook_variables

VERIFY, PREFLIGHT = "verify_cluster.yml", "preflight_machines.yml"
Step = Callable[[str], None]


def look(
    context: Context, made: inventory.Inventory, name: str, step: Step, access: inventory.SshAccess | None = None
) -> dict[str, dict[str, Any]]:
    """Run playbook `name` on the hosts of `made`; returns what each told.

    Raises PreflightFailed, ApiUnavailable and ToolFailed as `playbook.run` does, BundleCorrupt without a bundle.
    """
    told = Told(
        site=context.site,
        inventory=made,
        manifest=Store(context.paths.bundle).manifest(),
        paths=context.paths,
        blobs={},
    )
    ssh = access or inventory.ssh_access(context.site, context.site_file, context.paths)
    request = playbook.Request(
        playbook=name,
        inventory=inventory.for_ansible(made, ssh),
        variables=playbook_variables(told),
        paths=context.paths,
        mitogen=context.environ.get("GOVCLOUD_MITOGEN", "1") != "0",
    )
    return playbook.run(request, step).reports
