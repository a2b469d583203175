"""`deploy` and `destroy`: who is called in which order. Each station owns its own part of the world.

site.yaml -> preflight -> bundle -> machines (Pulumi `site`) -> cluster (Ansible) -> platform (Pulumi) -> health.
Every phase looks at the world first, so the same verb installs, repairs, and goes on after a kill at any instant.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from govcloud_infra.components import departments
from govcloud_infra.deploy import interrupt, phases, preflight, provision, runs
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.events import Recorder
from govcloud_infra.deploy.progress import PhaseResult, Reporter
from govcloud_infra.nodes import scale
from govcloud_infra.programs import stacks
from govcloud_infra.site import deployed


def deploy(ctx: Context, reporter: Reporter) -> list[PhaseResult]:
    """Make the world as the site file says. Raises the error of the phase that stopped; run again to go on."""
    scale.refuse_removed(ctx.site, deployed.load(ctx.paths.deployed), ctx.site_file)
    departments.read(ctx.departments)  # their faults are told before anything is made
    if not ctx.paths.lock.exists():
        preflight.check(ctx.site, ctx.paths)  # a host that is not fit keeps no trace of us
    with runs.recorded(ctx, "deploy", reporter) as run:
        phases.host(ctx, run)
        return converge(ctx, run)


def converge(ctx: Context, run: Recorder, limit: str | None = None) -> list[PhaseResult]:
    """All phases that change something, then health; the first control plane is told for its metrics.

    `limit`: Ansible's pattern of the machines to look at, when a new worker is all there is to do; nothing of the
    platform depends on how many there are.
    """
    expected = ctx.expected
    manifest = phases.bundle(ctx, run)
    phases.machines(ctx, manifest, run)
    phases.cluster(ctx, manifest, run, limit)
    if limit is None:
        phases.platform(ctx, manifest, run)
    phases.health(ctx, expected, run)
    provision.tell(ctx, run, datetime.now(UTC))
    return run.results


def destroy(ctx: Context, reporter: Reporter) -> None:
    """Remove the site's machines, network, keys and state; this host is then as before. Data is gone."""
    with runs.recorded(ctx, "destroy", reporter) as run:
        run.phase("machines")
        changes: tuple[str, ...] = ()
        if (ctx.paths.pulumi / "site").exists():
            stack = stacks.site_stack(ctx, rootfs_sha256="")
            changes = interrupt.ending_first(lambda: stack.destroy(run.step), ctx.paths.state).details
        run.step("remove state")
        shutil.rmtree(ctx.paths.state)
        run.finished(PhaseResult(phase="machines", changes=changes))
    _remove_if_empty(ctx.paths.state.parent)


def _remove_if_empty(folder: Path) -> None:
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
