"""What `deploy` is made of, one function a phase: each looks at its part of the world and makes it as it shall be.

bundle -> machines (Pulumi `site`) -> cluster (Ansible) -> platform (Pulumi `platform`) -> health. All may be repeated.
"""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from govcloud_api.errors import ConfigError
from govcloud_infra import inventory, pki
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.bundle.store import Store
from govcloud_infra.deploy import interrupt, machine_playbook, preflight, waiting
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.events import Recorder
from govcloud_infra.deploy.progress import PhaseResult
from govcloud_infra.health.health import Expected
from govcloud_infra.programs import arguments, stacks
from govcloud_infra.site import deployed
from govcloud_kube import real

CLUSTER_PLAYBOOK = "deploy_cluster.yml"


def host(ctx: Context, run: Recorder) -> None:
    """Is this host fit? Raises PreflightFailed."""
    run.phase("preflight")
    preflight.check(ctx.site, ctx.paths)
    run.done(0, "this host can carry the site")


def bundle(ctx: Context, run: Recorder) -> Manifest:
    """Is what will be installed what was built? Raises BundleCorrupt, ConfigError."""
    run.phase("bundle")
    manifest = open_bundle(ctx, run.step)
    run.done(0, f"{len(manifest.components)} components, verified")
    return manifest


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


def machines(ctx: Context, manifest: Manifest, run: Recorder) -> PhaseResult:
    """Keys, machines, their inventory; from then on the site counts as deployed."""
    run.phase("machines")
    ctx.paths.run.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    pki.ensure_ca(ctx.paths.pki, ctx.site.name, now)
    servers = [node.address for node in ctx.site.control_planes]
    pki.ensure_server(ctx.paths.pki, "registry", ["registry.govcloud.internal"], servers, now)
    pki.ensure_encryption_config(ctx.paths.pki / "encryption.yaml")
    stack = stacks.site_stack(ctx, arguments.rootfs_sha256(manifest))
    outcome = interrupt.ending_first(lambda: stack.up(run.step), ctx.paths.state)
    made = inventory.made(ctx.site, outcome.outputs["hostKeys"])
    inventory.save(made, ctx.paths.inventory)
    ctx.paths.known_hosts.write_text(inventory.known_hosts(made))
    deployed.save(ctx.site, ctx.paths.deployed)
    waiting.wait_ssh(made, ctx.paths, run.step)
    return run.finished(PhaseResult(phase="machines", changes=outcome.details))


def cluster(ctx: Context, manifest: Manifest, run: Recorder, limit: str | None = None) -> PhaseResult:
    """Machines of the inventory to one Kubernetes cluster."""
    run.phase("cluster")
    made = inventory.load(ctx.paths.inventory)
    told = machine_playbook.told(ctx, made, manifest)
    wanted = machine_playbook.request(ctx, CLUSTER_PLAYBOOK, made, told)
    outcome = playbook.run(dataclasses.replace(wanted, limit=limit), run.step)
    ctx.paths.kubeconfig.chmod(0o600)
    return run.finished(PhaseResult(phase="cluster", changes=outcome.changed))


def platform(ctx: Context, manifest: Manifest, run: Recorder) -> PhaseResult:
    """Everything shared inside the cluster."""
    run.phase("platform")
    stack = stacks.platform_stack(ctx, manifest)
    outcome = interrupt.ending_first(lambda: stack.up(run.step), ctx.paths.state)
    return run.finished(PhaseResult(phase="platform", changes=outcome.details))


def health(ctx: Context, expected: Expected, run: Recorder) -> None:
    """Until the site shows what is expected. Raises Unhealthy."""
    run.phase("health")
    waiting.wait_healthy(real.connect(ctx.paths.kubeconfig), expected, run.step)
    run.done(0, "everything runs as promised")
