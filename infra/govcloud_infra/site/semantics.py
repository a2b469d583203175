"""Second pass: rules between fields, on a site that is well-formed. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from govcloud_infra.site.faults import Location
from govcloud_infra.site.model import Site

Finding = tuple[Location, str]
# kube-controller-manager cuts the pod range into one piece of this size a node.
_NODE_PREFIX = 24
_NETWORKS = (("nodeCidr", "node_cidr"), ("podCidr", "pod_cidr"), ("serviceCidr", "service_cidr"))


def findings(site: Site) -> Iterator[Finding]:
    """Every contradiction, with the location that should change."""
    yield from _control_planes(site)
    yield from _duplicates(site)
    yield from _addresses(site)
    yield from _ranges(site)
    yield from _pod_ranges(site)


def _control_planes(site: Site) -> Iterator[Finding]:
    count = len(site.control_planes)
    if count == 0:
        yield ("spec", "nodes"), "no node has role control-plane; give one of them that role"
    for index, node in enumerate(site.spec.nodes):
        if node.role == "control-plane" and node is not site.control_planes[0]:
            yield ("spec", "nodes", index, "role"), "this version supports one control-plane node; make it a worker"


def _duplicates(site: Site) -> Iterator[Finding]:
    for key in ("name", "address"):
        first: dict[object, int] = {}
        for index, node in enumerate(site.spec.nodes):
            value = getattr(node, key)
            if value in first:
                yield ("spec", "nodes", index, key), f"{value} is taken by spec.nodes[{first[value]}]; choose another"
            first.setdefault(value, index)


def _addresses(site: Site) -> Iterator[Finding]:
    network = site.spec.network
    for index, node in enumerate(site.spec.nodes):
        where = ("spec", "nodes", index, "address")
        if node.address not in network.node_cidr:
            yield where, f"{node.address} is outside spec.network.nodeCidr {network.node_cidr}"
        elif node.address in (network.node_cidr.network_address, network.node_cidr.broadcast_address):
            yield where, f"{node.address} is the network's own or its broadcast address; choose another"
        elif node.address == network.gateway:
            yield where, f"{node.address} is the host's own address on the bridge; choose another"


def _ranges(site: Site) -> Iterator[Finding]:
    network = site.spec.network
    ranges: list[tuple[str, IPv4Network]] = [(alias, getattr(network, name)) for alias, name in _NETWORKS]
    for index, (alias, cidr) in enumerate(ranges):
        for other, taken in ranges[:index]:
            if cidr.overlaps(taken):
                yield ("spec", "network", alias), f"{cidr} overlaps {other} {taken}; choose a range of its own"
    needs = {"nodeCidr": (28, "16 addresses"), "podCidr": (20, "4096 addresses"), "serviceCidr": (24, "256 addresses")}
    for alias, cidr in ranges:
        longest, size = needs[alias]
        if cidr.prefixlen > longest:
            yield ("spec", "network", alias), f"{cidr} is too small, at least {size} (/{longest}) are needed"
        if alias == "serviceCidr" and cidr.prefixlen < 12:
            yield ("spec", "network", alias), f"{cidr} is larger than Kubernetes allows (at most /12)"


def _pod_ranges(site: Site) -> Iterator[Finding]:
    cidr, nodes = site.spec.network.pod_cidr, len(site.spec.nodes)
    room = 2 ** max(0, _NODE_PREFIX - cidr.prefixlen)
    if nodes > room:
        text = f"{cidr} has a range of its own (/{_NODE_PREFIX}) for {room} nodes, the site has {nodes}; widen it"
        yield ("spec", "network", "podCidr"), text
