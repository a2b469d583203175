"""How many control planes there may be: each is a voter of etcd, and a majority must live. Pure."""

from collections.abc import Iterator

from govcloud_infra.site.faults import Finding
from govcloud_infra.site.model import Site

_MOST = 7


def findings(site: Site, deployed: Site | None) -> Iterator[Finding]:
    """An even number is refused, but for a site that stands and lost one: it gets another in its place."""
    names = {node.name for node in site.control_planes}
    count, where = len(names), ("spec", "nodes")
    shrunk = deployed is not None and names <= {node.name for node in deployed.control_planes}
    if count == 0:
        yield where, "no node has role control-plane; give one of them that role"
    elif count > _MOST:
        yield where, f"{count} control-plane nodes; etcd gets slower with each, at most {_MOST} are allowed"
    elif count % 2 == 0 and not shrunk:
        yield (
            where,
            f"{count} control-plane nodes bear no more failures than {count - 1}; make it {count - 1} or {count + 1}",
        )
