"""What the programs are given, from a site on this host and the bundle's manifest."""

from govcloud_infra import pki
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.components.platform import PlatformArgs
from govcloud_infra.components.site import SiteArgs
from govcloud_infra.deploy.context import Context
from govcloud_infra.paths import REPOSITORY


def rootfs_sha256(manifest: Manifest) -> str:
    """Names the Debian system that lab machines start from."""
    return manifest.file("machine-rootfs", "machine-rootfs.tar").sha256


def site_args(ctx: Context, rootfs: str) -> SiteArgs:
    """For program `site`; makes the site's own SSH key when there is none."""
    key = pki.ensure_ssh_key(ctx.paths.ssh_key)
    return SiteArgs(site=ctx.site, paths=ctx.paths, authorized_key=key, rootfs_sha256=rootfs)


def platform_args(ctx: Context, manifest: Manifest) -> PlatformArgs:
    """For program `platform`."""
    return PlatformArgs(
        kubeconfig=ctx.paths.kubeconfig,
        repository=REPOSITORY,
        departments=ctx.departments,
        version=manifest.component("govcloud").version,
        images={name: image.manifest for name, image in manifest.images().items()},
        node_cidr=str(ctx.site.spec.network.node_cidr),
        pod_cidr=str(ctx.site.spec.network.pod_cidr),
        service_cidr=str(ctx.site.spec.network.service_cidr),
        webhook_url=ctx.site.spec.alerting.webhook_url,
    )
