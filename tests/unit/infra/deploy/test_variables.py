"""What Ansible is told: addresses, versions and hashes; never a secret."""

import json
import re
from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt
from govcloud_infra import inventory
from govcloud_infra.bundle.manifest import Component, FileEntry, ImageEntry, Manifest
from govcloud_infra.deploy.variables import Told, playbook_variables
from govcloud_infra.paths import REPOSITORY, SitePaths
from support.manifests import plays
from support.sites import lab

TAGS = {"etcd": "3.6.16-0", "coredns/coredns": "v1.14.7", "pause": "3.10.2"}


def component(files: list[str], images: list[str]) -> Component:
    return Component(
        version="v1",
        licence="MIT",
        key="k",
        files={name: FileEntry(sha256="a" * 64, size=1) for name in files},
        images={name: ImageEntry(manifest="b" * 64, size=1) for name in images},
    )


def variables() -> dict[str, object]:
    images = [f"{name}:{tag}" for name, tag in TAGS.items()]
    manifest = Manifest(components={"one": component(["kubelet"], images[:1]), "two": component(["crane"], images[1:])})
    hosts = tuple(
        inventory.Host(name=node.name, role=node.role, address=str(node.address), host_key="ssh-ed25519 SECRETKEY")
        for node in lab().spec.nodes
    )
    paths = SitePaths(state=Path("/state"), cache=Path("/cache"))
    made = inventory.Inventory(site="lab", hosts=hosts)
    told = Told(site=lab(), inventory=made, manifest=manifest, paths=paths, blobs={"worker": {"a" * 64: 1}})
    return dict(playbook_variables(told)["govcloud"])


def test_addresses_versions_and_hashes() -> None:
    found = variables()
    assert found["hosts"] == {"cp1": "10.77.0.11", "w1": "10.77.0.12", "w2": "10.77.0.13"}
    assert found["bundle"] == {
        "source": "/cache/bundle",
        "path": "/srv/govcloud/bundle",
        "blobs": {"worker": {"a" * 64: 1}},
        "files": {"kubelet": "a" * 64, "crane": "a" * 64},
        "images": {f"{name}:{tag}": "b" * 64 for name, tag in TAGS.items()},
    }
    assert found["cluster"] == {
        "name": "lab", "version": "v1.36.3", "registry": "registry.govcloud.internal", "api_host": "10.77.0.11",
        "api_port": 6443, "pod_cidr": "10.78.0.0/16", "service_cidr": "10.79.0.0/16",
        "etcd_tag": "3.6.16-0", "coredns_tag": "v1.14.7", "audit_days": 30, "lab": True,
    }  # fmt: skip
    assert found["registry"] == {"name": "registry.govcloud.internal", "addresses": ["10.77.0.11"], "port": 5000}
    assert found["endpoint"] == {}
    assert found["images_of"] == {"pause": "pause:3.10.2"}


def test_an_image_that_the_bundle_lacks_is_named() -> None:
    made = inventory.Inventory(
        site="lab", hosts=(inventory.Host(name="cp1", role="control-plane", address="10.77.0.11", host_key="k"),)
    )
    paths = SitePaths(state=Path("/state"), cache=Path("/cache"))
    with pytest.raises(BundleCorrupt, match="no image pause; run `govcloud bundle build`"):
        playbook_variables(Told(site=lab(), inventory=made, manifest=Manifest(), paths=paths, blobs={}))


def test_they_are_plain_and_hold_no_key() -> None:
    assert "SECRET" not in json.dumps(variables())


def test_the_playbook_uses_nothing_else() -> None:
    found = plays(REPOSITORY / "playbooks" / "deploy_cluster.yml")
    values = [str(value) for play in found for role in play["roles"] for value in role["vars"].values()]
    used = {name for value in values for name in re.findall(r"\bgovcloud\.([a-z_]+)", value)}
    assert used == set(variables())
