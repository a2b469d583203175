"""Second pass: the three address ranges, each for itself and among themselves. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from govcloud_infra.site.faults import Finding
from govcloud_infra.site.model import Network, Site

# kube-controller-manager cuts the pod range into one piece of this size a node, and at most 2^16 pieces.
_NODE_PREFIX = 24


class _Size(NamedTuple):
    """Prefix lengths: `least` room is the longest, `most` the shortest."""

    least: int
    most: int


_SIZES = {"nodeCidr": _Size(28, 8), "podCidr": _Size(20, 8), "serviceCidr": _Size(24, 12)}
_UNUSABLE = {
    IPv4Network("0.0.0.0/8"): "addresses without a network",
    IPv4Network("127.0.0.0/8"): "loopback addresses",
    IPv4Network("169.254.0.0/16"): "link-local addresses",
    IPv4Network("224.0.0.0/3"): "multicast and reserved addresses",
}


def findings(site: Site) -> Iterator[Finding]:
    """Every contradiction, with the location that should change."""
    ranges = by_key(site.spec.network)
    for index, (key, cidr) in enumerate(ranges.items()):
        where = ("spec", "network", key)
        earlier = list(ranges.items())[:index]
        yield from ((where, problem) for problem in (*_size(key, cidr), *_overlaps(cidr, earlier)))
    yield from _pod_ranges(site)


def by_key(network: Network) -> dict[str, IPv4Network]:
    """The ranges by their keys in the file."""
    return {"nodeCidr": network.node_cidr, "podCidr": network.pod_cidr, "serviceCidr": network.service_cidr}


def _size(key: str, cidr: IPv4Network) -> Iterator[str]:
    least, most = _SIZES[key]
    if cidr.prefixlen > least:
        yield f"{cidr} is too small, at least {2 ** (32 - least)} addresses (/{least}) are needed"
    if cidr.prefixlen < most:
        yield f"{cidr} is too large, at most /{most} is allowed"


def _overlaps(cidr: IPv4Network, earlier: list[tuple[str, IPv4Network]]) -> Iterator[str]:
    yield from (
        f"{cidr} overlaps {key} {other}; choose a range of its own" for key, other in earlier if cidr.overlaps(other)
    )
    yield from (
        f"{cidr} holds {what} ({other}); choose a private range"
        for other, what in _UNUSABLE.items()
        if cidr.overlaps(other)
    )


def _pod_ranges(site: Site) -> Iterator[Finding]:
    cidr, nodes = site.spec.network.pod_cidr, len(site.spec.nodes)
    room = 2 ** max(0, _NODE_PREFIX - cidr.prefixlen)
    if nodes > room:
        text = f"{cidr} has a range of its own (/{_NODE_PREFIX}) for {room} nodes, the site has {nodes}; widen it"
        yield ("spec", "network", "podCidr"), text
