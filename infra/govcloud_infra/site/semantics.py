"""Second pass: rules between nodes, and between them and the rest of the file. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import PurePosixPath

from govcloud_infra.site.faults import Finding
from govcloud_infra.site.model import Node, Site

# Of a control plane's own: SSH, etcd, the registry, API server, kubelet, controller manager, scheduler.
_PORTS = {22, 2379, 2380, 2381, 5000, 6443, 10250, 10257, 10259}
_NODE_PORTS = range(30000, 32768)
# Folders that are not kept, or where a program of the system would be written over.
_SYSTEM = {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "tmp", "usr"}


def findings(site: Site) -> Iterator[Finding]:
    """Every contradiction, with the location that should change."""
    yield from _duplicates(site)
    yield from _addresses(site)
    yield from _api(site)
    yield from _providers(site)
    yield from _storage(site)


def _duplicates(site: Site) -> Iterator[Finding]:
    advice = {"hostKey": "a copied machine needs a key of its own (ssh-keygen -A)"}
    for key, name in (("name", "name"), ("address", "address"), ("hostKey", "host_key")):
        first: dict[object, int] = {}
        for index, node in enumerate(site.spec.nodes):
            value = getattr(node, name)
            if value in first:
                what = f"{value} is taken by spec.nodes[{first[value]}]; {advice.get(key, 'choose another')}"
                yield ("spec", "nodes", index, key), what
            if value is not None:
                first.setdefault(value, index)


def _addresses(site: Site) -> Iterator[Finding]:
    for index, node in enumerate(site.spec.nodes):
        if problem := _misplaced(site, node.address):
            yield ("spec", "nodes", index, "address"), f"{node.address} {problem}"


def _misplaced(site: Site, address: IPv4Address) -> str:
    """Why no machine may have this address; empty when it may."""
    network = site.spec.network
    if address not in network.node_cidr:
        others = {"podCidr": network.pod_cidr, "serviceCidr": network.service_cidr}
        within = "".join(f", within {key} {cidr}" for key, cidr in others.items() if address in cidr)
        return f"is outside spec.network.nodeCidr {network.node_cidr}{within}"
    if address in (network.node_cidr.network_address, network.node_cidr.broadcast_address):
        return "is the network's own or its broadcast address; choose another"
    if address == network.gateway and site.has_lab_machines:
        return "is the host's own address on the bridge; choose another"
    return ""


def _api(site: Site) -> Iterator[Finding]:
    api, where = site.spec.api, ("spec", "api")
    if api is None:
        if len(site.control_planes) > 1:
            yield where, f"is missing; {len(site.control_planes)} control planes need one address: add spec.api.vip"
        return
    if problem := _misplaced(site, api.vip):
        yield (*where, "vip"), f"{api.vip} {problem}"
    for index, node in enumerate(site.spec.nodes):
        if node.address == api.vip:
            yield (*where, "vip"), f"{api.vip} is the address of spec.nodes[{index}]; choose one that nothing uses"
    if api.port in _PORTS | {site.spec.ssh.port} or api.port in _NODE_PORTS:
        yield (*where, "port"), f"{api.port} is used on every control plane already; choose another, such as 8443"


def _providers(site: Site) -> Iterator[Finding]:
    nodes, bridge = site.spec.nodes, ("spec", "network", "bridge")
    if site.has_lab_machines and site.spec.network.bridge is None:
        yield bridge, "is missing; machines of provider nspawn are plugged into it: add one, such as gc-lab"
    if not site.has_lab_machines and site.spec.network.bridge is not None:
        yield bridge, "is for machines of provider nspawn, and there is none; remove it"
    for index, node in enumerate(nodes):
        if problem := _mixed(node, nodes[0]):
            yield ("spec", "nodes", index, "provider"), problem
        if node.host_key is not None and node.provider != "static":
            yield ("spec", "nodes", index, "hostKey"), "belongs to a `static` machine; a lab machine gets its key here"


def _mixed(node: Node, first: Node) -> str:
    if node.provider == first.provider:
        return ""
    why = "nspawn machines hang on a bridge of this host, where no static machine reaches them"
    return f"is {node.provider}, spec.nodes[0] is {first.provider}; {why}: use one provider for all"


def _storage(site: Site) -> Iterator[Finding]:
    parts, where = PurePosixPath(site.spec.storage.path).parts, ("spec", "storage", "path")
    if {".", ".."} & set(site.spec.storage.path.split("/")):
        yield where, f"{site.spec.storage.path} has a . or .. in it; name the folder itself"
    elif parts[1] in _SYSTEM:
        yield where, f"{site.spec.storage.path} belongs to the system; choose a folder such as /var/lib/local-path"
