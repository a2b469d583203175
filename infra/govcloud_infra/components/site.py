"""Machines of a site, the network between those of a lab, and where the API server is reached."""

from dataclasses import dataclass
from typing import Any

import pulumi

from govcloud_infra import inventory
from govcloud_infra.paths import SitePaths
from govcloud_infra.provider.resources import Endpoint, Machine, Network, StaticMachine
from govcloud_infra.site.model import Node, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteArgs:
    """`authorized_key` is the public line of the site's own key, which opens its lab machines."""

    site: Site
    paths: SitePaths
    authorized_key: str
    rootfs_sha256: str


class SiteComponent(pulumi.ComponentResource):
    """`host_keys`: public SSH host key by node name; `url`: where the API server is reached."""

    host_keys: pulumi.Output[dict[str, str]]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("govcloud:site:Site", name, {}, opts)
        self._args = args
        below = pulumi.ResourceOptions(parent=self, depends_on=self._network())
        machines = {node.name: _machine(node, args, below) for node in args.site.spec.nodes}
        self.host_keys = pulumi.Output.all(**{key: machine.host_key for key, machine in machines.items()})
        holders = [machines[node.name] for node in args.site.control_planes]
        options = pulumi.ResourceOptions(parent=self, depends_on=holders)
        self.url = Endpoint("endpoint", endpoint(args.site), options).url
        self.register_outputs({"hostKeys": self.host_keys, "url": self.url})

    def _network(self) -> list[pulumi.Resource]:
        network = self._args.site.spec.network
        if not self._args.site.has_lab_machines or network.bridge is None:
            return []  # machines that exist already have a network
        address = f"{network.gateway}/{network.node_cidr.prefixlen}"
        return [Network("network", bridge=network.bridge, address=address, opts=pulumi.ResourceOptions(parent=self))]


def _machine(node: Node, args: SiteArgs, options: pulumi.ResourceOptions) -> Machine | StaticMachine:
    if node.provider == "static":
        return StaticMachine(node.name, static_properties(node, args.site), options)
    return Machine(node.name, properties(node, args), options)


def properties(node: Node, args: SiteArgs) -> dict[str, str]:
    """Inputs of one lab machine. Pure."""
    network = args.site.spec.network
    return {
        "site": args.site.name,
        "name": node.name,
        "address": f"{node.address}/{network.node_cidr.prefixlen}",
        "gateway": str(network.gateway),
        "bridge": network.bridge or "",
        "authorizedKey": args.authorized_key,
        "rootfsSha256": args.rootfs_sha256,
        "state": str(args.paths.state),
        "cache": str(args.paths.cache),
        "power": "on",
    }


def static_properties(node: Node, site: Site) -> dict[str, Any]:
    """Inputs of one machine that exists already. Pure."""
    return {
        "site": site.name,
        "name": node.name,
        "address": str(node.address),
        "port": inventory.ssh_port(site, node),
        "hostKey": node.host_key or "",
    }


def endpoint(site: Site) -> dict[str, Any]:
    """Inputs of the endpoint; router id 0 when no virtual address is held. Pure."""
    return {
        "site": site.name,
        "host": str(site.api_host),
        "port": site.api_port,
        "routerId": site.spec.api.router_id if site.spec.api else 0,
        "members": [str(node.address) for node in site.control_planes],
    }
