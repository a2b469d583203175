"""Which parts of the bundle a machine needs on its own disk: lab machines see the whole bundle, others get a copy."""

from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.bundle.store import Store

Blobs = dict[str, int]
_NODE_COMPONENTS = ("containerd", "cni-plugins", "machine-packages")
_NODE_FILES = ("kubelet", "kubeadm", "kubectl")
_SERVER_COMPONENTS = ("registry", "crane", "etcd", "cilium", "local-path-provisioner", "metrics-server")


def blobs(manifest: Manifest, store: Store) -> dict[str, Blobs]:
    """By kind of machine (`worker`, `control_plane`): SHA-256 of each part to its size in bytes.

    Control planes serve the images. Raises BundleCorrupt for a component that was never built.
    """
    worker = {entry.sha256: entry.size for name in _NODE_FILES for entry in [manifest.file("kubernetes", name)]}
    for component in _NODE_COMPONENTS:
        worker |= _files(manifest, component)
    server = dict(worker)
    for component in _SERVER_COMPONENTS:
        server |= _files(manifest, component)
    for name, found in manifest.components.items():
        images = [blob for blob in store.blobs(name, found) if blob.owner.startswith("image")]
        server |= {blob.sha256: _size(blob.sha256, blob.size, store) for blob in images}
    return {"worker": worker, "control_plane": server}


def _files(manifest: Manifest, component: str) -> Blobs:
    return {entry.sha256: entry.size for entry in manifest.component(component).files.values()}


def _size(sha256: str, size: int | None, store: Store) -> int:
    return store.path(sha256).stat().st_size if size is None else size
