"""What Ansible is told: addresses, versions, and the hash of each file and image of the bundle. Pure; no secrets."""

from typing import Any

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.components.manifests import REGISTRY
from govcloud_infra.inventory import Inventory
from govcloud_infra.machines.spec import SHARED_BUNDLE
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Site

REGISTRY_PORT = 5000
API_PORT = 6443


def playbook_variables(site: Site, inventory: Inventory, manifest: Manifest, paths: SitePaths) -> dict[str, Any]:
    """The extra variable `govcloud` of `deploy_cluster.yml`. Raises BundleCorrupt for an image that is not there."""
    components = manifest.components
    images = {name: image.manifest for item in components.values() for name, image in item.images.items()}
    files = {name: file.sha256 for item in components.values() for name, file in item.files.items()}
    address = str(site.api_address)
    cluster = {
        "name": site.name,
        "version": site.spec.kubernetes.version,
        "registry": REGISTRY,
        "api_host": address,
        "api_port": API_PORT,
        "pod_cidr": str(site.spec.network.pod_cidr),
        "service_cidr": str(site.spec.network.service_cidr),
        "etcd_tag": _tag(images, "etcd"),
        "coredns_tag": _tag(images, "coredns/coredns"),
    }
    values = {
        "hosts": {host.name: host.address for host in inventory.hosts},
        "pki": str(paths.pki),
        "kubeconfig": str(paths.kubeconfig),
        "bundle": {"path": SHARED_BUNDLE, "files": files, "images": images},
        "registry": {"name": REGISTRY, "address": address, "port": REGISTRY_PORT},
        "images_of": {"pause": f"pause:{_tag(images, 'pause')}"},
        "cluster": cluster,
    }
    return {"govcloud": values}


def _tag(images: dict[str, str], name: str) -> str:
    tags = [image.rpartition(":")[2] for image in images if image.rpartition(":")[0] == name]
    if not tags:
        raise BundleCorrupt(f"The bundle has no image {name}; run `govcloud bundle build`.")
    return tags[0]
