"""What `deploy` would change, as one list: each entry names where, what, and in which phase. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from govcloud_infra.components.manifests import Object
from govcloud_infra.site.model import Node, Site

# As engine_events writes a change: operation, kind, name, fields.
_CHANGE = re.compile(r"(?P<operation>\S+) (?P<kind>\S+) (?P<name>.+?)(?: \((?P<fields>[^()]*)\))?")
_MACHINES = ("Machine", "StaticMachine")
HOST = "this host"
CLUSTER = "the cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """`where` is a node, an object, the cluster or this host; `phase` machines, cluster or platform."""

    where: str
    what: str
    phase: str

    def plain(self) -> dict[str, str]:
        """For programs."""
        return asdict(self)


def of_machines(lines: Iterable[str]) -> list[Pending]:
    """Lines of Pulumi's `site` program."""
    return [Pending(where=_machine(line) or HOST, what=line, phase="machines") for line in lines]


def of_cluster(lines: Iterable[str]) -> list[Pending]:
    """Lines `host: task` of an Ansible check."""
    parts = (line.partition(": ") for line in lines)
    return [Pending(where=host, what=task, phase="cluster") for host, _, task in parts]


def of_platform(lines: Iterable[str]) -> list[Pending]:
    """Lines of Pulumi's `platform` program."""
    return [Pending(where=_object(line), what=line, phase="platform") for line in lines]


def changed_nodes(lines: Iterable[str]) -> set[str]:
    """Nodes whose machines would change: they cannot be asked as they will be."""
    return {name for line in lines if (name := _machine(line))}


def unseen(nodes: Iterable[Node]) -> list[Pending]:
    """What is not looked at, because the machine has to be made or powered on first."""
    text = {"control-plane": "set up as control plane", "worker": "set up and join as worker"}
    return [Pending(where=n.name, what=f"{text[n.role]}, where that is not done", phase="cluster") for n in nodes]


def of_new_site(site: Site, groups: Sequence[tuple[str, list[Object]]]) -> list[Pending]:
    """Everything, for a site of which nothing stands yet; `groups` are those of the platform."""
    network = site.spec.network
    made = [Pending(where=HOST, what=f"create bridge {network.bridge} ({network.node_cidr})", phase="machines")]
    return [
        *(made if site.has_lab_machines else []),
        *[Pending(where=node.name, what=_birth(node), phase="machines") for node in site.spec.nodes],
        *[Pending(where=node.name, what=_joining(site, node), phase="cluster") for node in site.spec.nodes],
        *_platform(groups),
    ]


def by_place(pending: Iterable[Pending], site: Site) -> list[Pending]:
    """This host, nodes in the order of the site file, then everything else as it comes; phases keep their order."""
    found = list(pending)
    nodes = [node.name for node in site.spec.nodes]
    order = {name: index for index, name in enumerate(dict.fromkeys([HOST, *nodes, *(item.where for item in found)]))}
    return sorted(found, key=lambda item: order[item.where])


def text(pending: Sequence[Pending]) -> str:
    """For people: a heading each place, a line each change."""
    if not pending:
        return "No changes: the world is as the site file says."
    lines: list[str] = []
    for index, item in enumerate(pending):
        if index == 0 or pending[index - 1].where != item.where:
            lines.append(item.where)
        lines.append(f"  {item.phase:<9} {item.what}")
    count = "1 change" if len(pending) == 1 else f"{len(pending)} changes"
    return "\n".join([*lines, f"{count} pending; govcloud deploy makes them."])


def _machine(line: str) -> str:
    found = _CHANGE.fullmatch(line)
    return found["name"] if found and found["kind"] in _MACHINES else ""


def _object(line: str) -> str:
    found = _CHANGE.fullmatch(line)
    return found["name"] if found else CLUSTER


def _birth(node: Node) -> str:
    if node.provider == "static":
        return f"take over the machine at {node.address}, and keep its SSH host key"
    return f"create machine {node.address}"


def _joining(site: Site, node: Node) -> str:
    if node.role == "worker":
        return "set up and join as worker"
    first = node.name == site.control_planes[0].name
    return f"set up and {'start' if first else 'join as'} control plane, Kubernetes {site.spec.kubernetes.version}"


def _platform(groups: Sequence[tuple[str, list[Object]]]) -> Iterator[Pending]:
    for name, objects in groups:
        if name == "departments":
            yield from (
                Pending(where=f"Department {item['metadata']['name']}", what="create", phase="platform")
                for item in objects
            )
        else:
            count = "1 object" if len(objects) == 1 else f"{len(objects)} objects"
            yield Pending(where=CLUSTER, what=f"create {name} ({count})", phase="platform")
