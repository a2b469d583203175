"""What Ansible is told: addresses, versions, and the hash of each file and image of the bundle. Pure; no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.components.manifests import REGISTRY
from govcloud_infra.inventory import Inventory
from govcloud_infra.machines.spec import SHARED_BUNDLE
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Site

REGISTRY_PORT = 5000
_OWN_BUNDLE = "/var/lib/govcloud/bundle"  # of a machine that does not see this host's


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`blobs`: by kind of machine, what is copied there (SHA-256 to bytes); empty for lab machines."""

    site: Site
    inventory: Inventory
    manifest: Manifest
    paths: SitePaths
    blobs: Mapping[str, Mapping[str, int]]


def playbook_variables(told: Told) -> dict[str, Any]:
    """The extra variable `govcloud` of every playbook. Raises BundleCorrupt for an image that is not there."""
    components, spec, paths = told.manifest.components, told.site.spec, told.paths
    images = {name: image.manifest for item in components.values() for name, image in item.images.items()}
    servers = [str(node.address) for node in told.site.control_planes]
    values = {
        "hosts": {host.name: host.address for host in told.inventory.hosts},
        "pki": str(paths.pki),
        "kubeconfig": str(paths.kubeconfig),
        "bundle": _bundle(told, images),
        "registry": {"name": REGISTRY, "addresses": servers, "port": REGISTRY_PORT},
        "images_of": {"pause": f"pause:{_tag(images, 'pause')}"},
        "cluster": _cluster(told.site, images),
        "endpoint": _endpoint(told.site),
        "time": {"servers": list(spec.time.servers), "max_skew_seconds": spec.time.max_skew_seconds},
        "network": {"node_cidr": str(spec.network.node_cidr)},
        "etcd_backup": {"schedule": spec.etcd.backup.schedule, "keep": spec.etcd.backup.keep},
        "security": {"host_profile": spec.security.host_profile},
        "storage": {"path": spec.storage.path},
    }
    return {"govcloud": values}


def _bundle(told: Told, images: dict[str, str]) -> dict[str, Any]:
    components = told.manifest.components.values()
    return {
        "source": str(told.paths.bundle),
        "path": SHARED_BUNDLE if told.site.has_lab_machines else _OWN_BUNDLE,
        "files": {name: file.sha256 for item in components for name, file in item.files.items()},
        "images": images,
        "blobs": {kind: dict(parts) for kind, parts in told.blobs.items()},
    }


def _cluster(site: Site, images: dict[str, str]) -> dict[str, Any]:
    return {
        "name": site.name,
        "version": site.spec.kubernetes.version,
        "registry": REGISTRY,
        "api_host": str(site.api_host),
        "api_port": site.api_port,
        "pod_cidr": str(site.spec.network.pod_cidr),
        "service_cidr": str(site.spec.network.service_cidr),
        "etcd_tag": _tag(images, "etcd"),
        "coredns_tag": _tag(images, "coredns/coredns"),
        "audit_days": site.spec.security.audit_days,
        "lab": site.has_lab_machines,
    }


def _endpoint(site: Site) -> dict[str, Any]:
    api = site.spec.api
    return {"vip": str(api.vip), "port": api.port, "router_id": api.router_id} if api else {}


def _tag(images: dict[str, str], name: str) -> str:
    tags = [image.rpartition(":")[2] for image in images if image.rpartition(":")[0] == name]
    if not tags:
        raise BundleCorrupt(f"The bundle has no image {name}; run `govcloud bundle build`.")
    return tags[0]
