"""`node list`: nodes of the site file and of the site that stands, and what the cluster says of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from govcloud_api import conditions
from govcloud_infra.nodes import scale
from govcloud_infra.site.model import Node, Site
from govcloud_kube.cluster import Object

PLANNED, READY, NOT_READY, CLOSED, LEAVING, UNKNOWN = "planned", "ready", "not ready", "closed", "leaving", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`state`: planned (not deployed yet), ready, not ready, closed (ready, takes no new pods), leaving, unknown."""

    node: Node
    state: str
    version: str | None

    def plain(self) -> dict[str, str | None]:
        """For programs."""
        return {
            "name": self.node.name,
            "role": self.node.role,
            "address": str(self.node.address),
            "provider": self.node.provider,
            "failureDomain": self.node.failure_domain,
            "state": self.state,
            "version": self.version,
        }


def rows(site: Site, deployed: Site | None, live: Iterable[Object] | None) -> list[Row]:
    """In the order of the file, then those that left it. `live` are Node objects, None when nobody could be asked."""
    standing = {node.name for node in (deployed.spec.nodes if deployed else ())}
    found = None if live is None else {item["metadata"]["name"]: item for item in live}
    leaving = scale.removed(site, deployed)
    states = [(node, _state(node, standing, found)) for node in site.spec.nodes]
    states += [(node, LEAVING) for node in leaving]
    return [Row(node=node, state=state, version=_version((found or {}).get(node.name))) for node, state in states]


def _state(node: Node, standing: set[str], live: dict[str, Object] | None) -> str:
    if node.name not in standing and node.name not in (live or {}):
        return PLANNED
    if live is None:
        return UNKNOWN
    item = live.get(node.name)
    if item is None or not conditions.holds(item, "Ready"):
        return NOT_READY
    return CLOSED if item["spec"].get("unschedulable") else READY


def _version(item: Object | None) -> str | None:
    return (
        str(item["status"]["nodeInfo"]["kubeletVersion"]) if item and item.get("status", {}).get("nodeInfo") else None
    )
