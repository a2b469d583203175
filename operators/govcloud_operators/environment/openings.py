"""What may go in and out of an environment besides its own traffic: egress classes, the ingress controller. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import collapse_addresses, ip_network
from typing import Any

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_api.v1alpha1.model import Egress
from govcloud_operators import isolation
from govcloud_operators.surroundings import IpNetwork

EGRESS_NAME = "govcloud-allow-egress"
INGRESS_NAME = "govcloud-allow-ingress"
EXEMPT_HOSTS = "ingress-hosts"

PRIVATE: tuple[IpNetwork, ...] = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Addresses of a site's own machines. Sources: RFC 1918, RFC 4193."""
NOWHERE: tuple[IpNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "fe80::/10",
        "ff00::/8",
    )
)
"""Addresses of this machine, this link or many receivers, never one public peer. Source: IANA's registries."""
EVERYWHERE: tuple[IpNetwork, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def egress(where: str, kind: Egress, cluster_networks: tuple[IpNetwork, ...]) -> Object | None:
    """Policy of an egress class; None: pods reach nothing outside.

    `internal` is other machines of the site by private address, `public` is public addresses. Neither reaches pods,
    Services or machines of the cluster, hence no API server and no other environment. Nothing is opened while the
    cluster's networks are unknown, and no family of addresses that they do not have.
    """
    if kind == "closed" or not cluster_networks:
        return None
    families = {network.version for network in cluster_networks}
    ranges = [block for block in (PRIVATE if kind == "internal" else EVERYWHERE) if block.version in families]
    closed = cluster_networks if kind == "internal" else (*cluster_networks, *PRIVATE, *NOWHERE)
    peers = [peer for block in ranges if (peer := _peer(block, closed)) is not None]
    spec = {"policyTypes": ["Egress"], "egress": [{"to": peers}]}
    return isolation.network_policy(EGRESS_NAME, where, spec) if peers else None


def ingress(where: str, hosts: Iterable[str], exempt: frozenset[str]) -> Object | None:
    """Lets the ingress controller in, once there are names that it may answer to; None: it stays out."""
    if not list(hosts) and EXEMPT_HOSTS not in exempt:
        return None
    controller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.INGRESS_NAMESPACE}}}
    spec = {"policyTypes": ["Ingress"], "ingress": [{"from": [controller]}]}
    return isolation.network_policy(INGRESS_NAME, where, spec)


def _peer(block: IpNetwork, closed: Iterable[IpNetwork]) -> dict[str, Any] | None:
    """The block without what is closed of it; None when nothing is left."""
    same = [network for network in closed if network.version == block.version]
    if any(block.subnet_of(network) for network in same):  # type: ignore[arg-type]  # both are of one version
        return None
    inside = [network for network in same if network.subnet_of(block)]  # type: ignore[arg-type]  # both are of one version
    without = [str(network) for network in collapse_addresses(inside)]  # type: ignore[type-var]  # both are of one version
    return {"ipBlock": {"cidr": str(block)} | ({"except": without} if without else {})}
