"""`deploy`, `plan` and `destroy`: who is called in which order. Each station owns its own part of the world.

site.yaml -> preflight -> bundle -> machines (Pulumi `site`) -> cluster (Ansible) -> platform (Pulumi) -> health.
Every phase looks at the world first, so the same verb installs, repairs, and goes on after a kill at any instant.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from govcloud_api.errors import BundleCorrupt, ConfigError
from govcloud_infra import automation, inventory, pki
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.bundle.store import Store
from govcloud_infra.components import departments
from govcloud_infra.components.platform import PlatformArgs
from govcloud_infra.components.site import SiteArgs
from govcloud_infra.deploy import lock, preflight, waiting
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.progress import Reporter
from govcloud_infra.deploy.variables import playbook_variables
from govcloud_infra.paths import REPOSITORY
from govcloud_infra.programs import platform as platform_program
from govcloud_infra.programs import site as site_program
from govcloud_kube import real


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseResult:
    """`changes` names what was changed (or would be), one line each."""

    phase: str
    changes: tuple[str, ...]


def deploy(ctx: Context, reporter: Reporter) -> list[PhaseResult]:
    """Make the world as the site file says. Raises the error of the phase that stopped; run again to go on."""
    reporter.phase("preflight")
    expected = ctx.expected
    preflight.check(ctx.site, ctx.paths)
    reporter.done(0, "this host can carry the site")
    with lock.held(ctx.paths.lock, reporter.step):
        reporter.phase("bundle")
        manifest = open_bundle(ctx, reporter.step)
        reporter.done(0, f"{len(manifest.components)} components, verified")
        machines = _machines(ctx, manifest, reporter)
        cluster = _cluster(ctx, manifest, reporter)
        platform = _platform(ctx, manifest, reporter)
        reporter.phase("health")
        waiting.wait_healthy(real.connect(ctx.paths.kubeconfig), expected, reporter.step)
        reporter.done(0, "everything runs as promised")
    return [machines, cluster, platform]


def plan(ctx: Context, reporter: Reporter) -> list[PhaseResult]:
    """What `deploy` would change on machines and in the platform; changes nothing."""
    departments.read(ctx.departments)
    with lock.held(ctx.paths.lock, reporter.step):
        manifest = open_bundle(ctx, reporter.step)
        reporter.phase("machines")
        outcome = _site_stack(ctx, _rootfs(manifest)).preview(reporter.step)
        reporter.done(outcome.changes)
        results = [PhaseResult(phase="machines", changes=outcome.details)]
        reporter.phase("platform")
        if not ctx.paths.kubeconfig.exists():
            reporter.done(1, "the cluster does not exist yet")
            return [*results, PhaseResult(phase="platform", changes=("create the cluster and all shared services",))]
        previewed = _platform_stack(ctx, manifest).preview(reporter.step)
        reporter.done(previewed.changes)
        return [*results, PhaseResult(phase="platform", changes=previewed.details)]


def destroy(ctx: Context, reporter: Reporter) -> None:
    """Remove the site's machines, network, keys and state; this host is then as before. Data is gone."""
    with lock.held(ctx.paths.lock, reporter.step):
        reporter.phase("machines")
        changes = 0
        if (ctx.paths.pulumi / "site").exists():
            changes = _site_stack(ctx, rootfs_sha256="").destroy(reporter.step).changes
        reporter.step("remove state")
        shutil.rmtree(ctx.paths.state)
        reporter.done(changes)
    _remove_if_empty(ctx.paths.state.parent)


def open_bundle(ctx: Context, step: Callable[[str], None]) -> Manifest:
    """The bundle, every byte checked against its manifest. Raises BundleCorrupt or ConfigError."""
    store = Store(ctx.paths.bundle)
    manifest = store.manifest()
    step("check every file against the manifest")
    store.verify()
    wanted, bundled = ctx.site.spec.kubernetes.version, manifest.component("kubernetes").version
    if wanted != bundled:
        text = f"spec.kubernetes.version is {wanted}, the bundle holds {bundled}; change one of them"
        raise ConfigError(text)
    return manifest


def _machines(ctx: Context, manifest: Manifest, reporter: Reporter) -> PhaseResult:
    reporter.phase("machines")
    ctx.paths.run.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    pki.ensure_ca(ctx.paths.pki, ctx.site.name, now)
    pki.ensure_server(ctx.paths.pki, "registry", ["registry.govcloud.internal"], [ctx.site.api_address], now)
    pki.ensure_encryption_config(ctx.paths.pki / "encryption.yaml")
    outcome = _site_stack(ctx, _rootfs(manifest)).up(reporter.step)
    hosts = tuple(
        inventory.Host(name=n.name, role=n.role, address=str(n.address), host_key=outcome.outputs["hostKeys"][n.name])
        for n in ctx.site.spec.nodes
    )
    made = inventory.Inventory(site=ctx.site.name, hosts=hosts)
    inventory.save(made, ctx.paths.inventory)
    ctx.paths.known_hosts.write_text(inventory.known_hosts(made))
    waiting.wait_ssh(made, ctx.paths, reporter.step)
    reporter.done(outcome.changes)
    return PhaseResult(phase="machines", changes=outcome.details)


def _cluster(ctx: Context, manifest: Manifest, reporter: Reporter) -> PhaseResult:
    reporter.phase("cluster")
    made = inventory.load(ctx.paths.inventory)
    request = playbook.Request(
        playbook="deploy_cluster.yml",
        inventory=inventory.for_ansible(made, ctx.paths.ssh_key, ctx.paths.known_hosts),
        variables=playbook_variables(ctx.site, made, manifest, ctx.paths),
        paths=ctx.paths,
        mitogen=ctx.environ.get("GOVCLOUD_MITOGEN", "1") != "0",
    )
    changed = playbook.run(request, reporter.step)
    ctx.paths.kubeconfig.chmod(0o600)
    reporter.done(len(changed))
    return PhaseResult(phase="cluster", changes=tuple(changed))


def _platform(ctx: Context, manifest: Manifest, reporter: Reporter) -> PhaseResult:
    reporter.phase("platform")
    outcome = _platform_stack(ctx, manifest).up(reporter.step)
    reporter.done(outcome.changes)
    return PhaseResult(phase="platform", changes=outcome.details)


def _rootfs(manifest: Manifest) -> str:
    return manifest.file("machine-rootfs", "machine-rootfs.tar").sha256


def _site_stack(ctx: Context, rootfs_sha256: str) -> automation.Stack:
    args = SiteArgs(
        site=ctx.site,
        paths=ctx.paths,
        authorized_key=pki.ensure_ssh_key(ctx.paths.ssh_key),
        rootfs_sha256=rootfs_sha256,
    )
    return automation.open_stack("site", site_program.program(args), ctx.paths, _engine(ctx))


def _platform_stack(ctx: Context, manifest: Manifest) -> automation.Stack:
    args = PlatformArgs(
        kubeconfig=ctx.paths.kubeconfig,
        repository=REPOSITORY,
        departments=ctx.departments,
        version=manifest.component("govcloud").version,
        images={name: image.manifest for name, image in manifest.images().items()},
        node_cidr=str(ctx.site.spec.network.node_cidr),
    )
    return automation.open_stack("platform", platform_program.program(args), ctx.paths, _engine(ctx))


def _engine(ctx: Context) -> Path:
    root = ctx.paths.pulumi / "engine"
    try:
        Store(ctx.paths.bundle).place("pulumi", root / "bin")
    except BundleCorrupt:
        if not (root / "bin" / "pulumi").exists():
            raise  # else: what was made can be removed without the bundle it was made from
    return root


def _remove_if_empty(folder: Path) -> None:
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
