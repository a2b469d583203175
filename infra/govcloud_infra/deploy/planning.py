"""`plan`: what `deploy` would change, from three sources in one list. Nothing is changed.

Machines: Pulumi's preview. Cluster: Ansible's check, on the machines that stand. Platform: Pulumi's preview against the
API server. For a site of which nothing stands yet, the site file says it all and nothing is written at all.
"""

import dataclasses

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_infra import inventory
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.components import departments, platform
from govcloud_infra.deploy import interrupt, lock, machine_playbook, pending, phases
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.pending import Pending
from govcloud_infra.deploy.progress import Reporter
from govcloud_infra.nodes import scale
from govcloud_infra.programs import arguments, stacks
from govcloud_infra.site import deployed
from govcloud_kube import real

_ANSWER_SECONDS = 3.0


def plan(ctx: Context, reporter: Reporter) -> list[Pending]:
    """Grouped by place. Raises what `deploy` would raise before it changes anything, and Locked."""
    scale.refuse_removed(ctx.site, deployed.load(ctx.paths.deployed), ctx.site_file)
    departments.read(ctx.departments)
    if not (ctx.paths.pulumi / "site").exists():
        return pending.by_place(_of_new_site(ctx, reporter), ctx.site)
    with lock.held(ctx.paths.lock, reporter.step, lock.owner("govcloud plan", ctx.environ)):
        manifest = _bundle(ctx, reporter)
        machines = _machines(ctx, manifest, reporter)
        cluster = _cluster(ctx, manifest, reporter, pending.changed_nodes(machines))
        found = [*pending.of_machines(machines), *cluster, *_platform(ctx, manifest, reporter)]
    return pending.by_place(found, ctx.site)


def _of_new_site(ctx: Context, reporter: Reporter) -> list[Pending]:
    manifest = _bundle(ctx, reporter)
    return pending.of_new_site(ctx.site, platform.groups(arguments.platform_args(ctx, manifest)))


def _bundle(ctx: Context, reporter: Reporter) -> Manifest:
    reporter.phase("bundle")
    manifest = phases.open_bundle(ctx, reporter.step)
    reporter.done(0, f"{len(manifest.components)} components, verified")
    return manifest


def _machines(ctx: Context, manifest: Manifest, reporter: Reporter) -> tuple[str, ...]:
    reporter.phase("machines")
    stack = stacks.site_stack(ctx, arguments.rootfs_sha256(manifest))
    outcome = interrupt.ending_first(lambda: stack.preview(reporter.step), ctx.paths.state)
    reporter.done(outcome.changes)
    return outcome.details


def _cluster(ctx: Context, manifest: Manifest, reporter: Reporter, changed: set[str]) -> list[Pending]:
    reporter.phase("cluster")
    lost = [node for node in ctx.site.spec.nodes if node.name in changed]
    if not ctx.paths.kubeconfig.exists() or any(node.role == "control-plane" for node in lost):
        reporter.done(len(ctx.site.spec.nodes), "not looked at: its machines have to run first")
        return pending.unseen(ctx.site.spec.nodes)
    outcome = playbook.run(_check(ctx, manifest, changed), reporter.step)
    found = [*pending.of_cluster(outcome.changed), *pending.unseen(lost)]
    if outcome.stopped:
        what = f"more, which cannot be foreseen before these changes are made ({outcome.stopped})"
        found.append(Pending(where=pending.CLUSTER, what=what, phase="cluster"))
    reporter.done(len(found))
    return found


def _check(ctx: Context, manifest: Manifest, changed: set[str]) -> playbook.Request:
    # The inventory as it will be: what is written on every machine names the new ones too.
    keys = {host.name: host.host_key for host in inventory.load(ctx.paths.inventory).hosts}
    wanted = inventory.made(ctx.site, dict.fromkeys((node.name for node in ctx.site.spec.nodes), "") | keys)
    limit = ":".join(node.name for node in ctx.site.spec.nodes if node.name not in changed)
    request = machine_playbook.request(
        ctx, phases.CLUSTER_PLAYBOOK, wanted, machine_playbook.told(ctx, wanted, manifest)
    )
    return dataclasses.replace(request, check=True, limit=limit)


def _platform(ctx: Context, manifest: Manifest, reporter: Reporter) -> list[Pending]:
    reporter.phase("platform")
    if not _answers(ctx):
        reporter.done(1, "not looked at: the API server does not answer")
        what = "shared services, looked at once the API server answers"
        return [Pending(where=pending.CLUSTER, what=what, phase="platform")]
    stack = stacks.platform_stack(ctx, manifest)
    outcome = interrupt.ending_first(lambda: stack.preview(reporter.step), ctx.paths.state)
    reporter.done(outcome.changes)
    return pending.of_platform(outcome.details)


def _answers(ctx: Context) -> bool:
    if not ctx.paths.kubeconfig.exists():
        return False
    try:
        real.connect(ctx.paths.kubeconfig, timeout_seconds=_ANSWER_SECONDS).raw("GET", "/readyz")
    except (ApiUnavailable, NotReady):
        return False
    return True
