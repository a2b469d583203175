"""Third pass: what a site that stands can no longer change. Pure.

Nodes that left the file are no fault here: `govcloud node remove` is their way.
"""

from collections.abc import Iterator
from typing import Any

from govcloud_infra.site import keys
from govcloud_infra.site.faults import Finding, Location
from govcloud_infra.site.model import Network, Site

_NODE = ("address", "provider", "role")
_FIXED: tuple[Location, ...] = (
    *(("spec", "network", key) for key in keys.known(Network)),
    ("spec", "api", "vip"),
    ("spec", "api", "port"),
    ("spec", "security", "encryptionAtRest"),
    ("spec", "storage", "provisioner"),
    ("spec", "storage", "path"),
)


def findings(site: Site, deployed: Site) -> Iterator[Finding]:
    """Each names what stands, and the way to what is wanted."""
    new, old = _plain(site), _plain(deployed)
    for location in _FIXED:
        was, now = _at(old, location), _at(new, location)
        if was != now:
            text = f"is {_shown(now)}, the site stands with {_shown(was)}; {_put_back(was)}, or destroy and deploy anew"
            yield location, text
    yield from _nodes(site, deployed)


def _nodes(site: Site, deployed: Site) -> Iterator[Finding]:
    standing = {node.name: node for node in deployed.spec.nodes}
    for index, node in enumerate(site.spec.nodes):
        before = standing.get(node.name)
        for key in _NODE if before else ():
            was, now = getattr(before, key), getattr(node, key)
            if was != now:
                route = f"`govcloud node remove {node.name} --confirm {node.name}`, then `govcloud node add`"
                yield (
                    ("spec", "nodes", index, key),
                    f"is {now}, {node.name} stands with {was}; put back {was}, or {route}",
                )


def _plain(site: Site) -> dict[str, Any]:
    return site.model_dump(mode="json", by_alias=True)


def _at(plain: Any, location: Location) -> Any:
    """None when it, or what holds it, is not there."""
    for part in location:
        plain = plain.get(part) if plain else None
    return plain


def _shown(value: Any) -> str:
    return "not set" if value is None else str(value)


def _put_back(was: Any) -> str:
    return "remove it again" if was is None else f"put back {was}"
