"""Machines of a site and the network between them."""

from dataclasses import dataclass

import pulumi

from govcloud_infra.paths import SitePaths
from govcloud_infra.provider.resources import Machine, Network
from govcloud_infra.site.model import Node, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteArgs:
    """`authorized_key` is the public line of the key that Ansible uses."""

    site: Site
    paths: SitePaths
    authorized_key: str
    rootfs_sha256: str


class SiteComponent(pulumi.ComponentResource):
    """`host_keys`: public SSH host key by node name."""

    host_keys: pulumi.Output[dict[str, str]]

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("govcloud:site:Site", name, {}, opts)
        network = args.site.spec.network
        address = f"{network.gateway}/{network.node_cidr.prefixlen}"
        bridge = Network("network", bridge=network.bridge, address=address, opts=pulumi.ResourceOptions(parent=self))
        below = pulumi.ResourceOptions(parent=self, depends_on=[bridge])
        machines = {node.name: Machine(node.name, properties(node, args), below) for node in args.site.spec.nodes}
        self.host_keys = pulumi.Output.all(**{key: machine.host_key for key, machine in machines.items()})
        self.register_outputs({"hostKeys": self.host_keys})


def properties(node: Node, args: SiteArgs) -> dict[str, str]:
    """Inputs of one machine. Pure."""
    network = args.site.spec.network
    return {
        "site": args.site.name,
        "name": node.name,
        "address": f"{node.address}/{network.node_cidr.prefixlen}",
        "gateway": str(network.gateway),
        "bridge": network.bridge,
        "authorizedKey": args.authorized_key,
        "rootfsSha256": args.rootfs_sha256,
        "state": str(args.paths.state),
        "cache": str(args.paths.cache),
        "power": "on",
    }
