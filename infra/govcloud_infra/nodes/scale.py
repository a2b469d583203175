"""Which nodes may come and go. Pure: the judgement on values that others gathered."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from govcloud_api import conditions
from govcloud_api.errors import ConfigError, PreflightFailed
from govcloud_infra import inventory
from govcloud_infra.site.model import Node, Site
from govcloud_kube.cluster import Object

_DAEMON, _MIRROR = "DaemonSet", "kubernetes.io/config.mirror"
_ENDED = ("Succeeded", "Failed")
_HOSTNAME = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnNode:
    """What lives on a node that shall go; pods and claims in wire form.

    `evicted` are asked to move; `claims` lie on its disk and are lost with it; `lonely` pods nobody starts again.
    """

    evicted: tuple[Object, ...]
    claims: tuple[Object, ...]
    lonely: tuple[Object, ...]

    @property
    def lost(self) -> list[str]:
        """What does not come back, in words."""
        volumes = [f"volume of claim {_name(item)}" for item in self.claims]
        return [*volumes, *[f"pod {_name(item)} (nothing starts it again)" for item in self.lonely]]


def removed(site: Site, deployed: Site | None) -> tuple[Node, ...]:
    """Nodes that stand and are no longer in the site file."""
    kept = {node.name for node in site.spec.nodes}
    return tuple(node for node in (deployed.spec.nodes if deployed else ()) if node.name not in kept)


def only_more(site: Site, deployed: Site | None, name: str) -> bool:
    """Is the worker `name` all that the site file has beside what stands? Then no other worker need be looked at."""
    if deployed is None or not any(node.name == name and node.role == "worker" for node in site.spec.nodes):
        return False
    return _without(site, name) == _without(deployed, name)


def _without(site: Site, name: str) -> Site:
    nodes = tuple(node for node in site.spec.nodes if node.name != name)
    return site.model_copy(update={"spec": site.spec.model_copy(update={"nodes": nodes})})


def refuse_removed(site: Site, deployed: Site | None, file: Path) -> None:
    """`deploy` never takes a machine away by itself. Raises ConfigError naming each, and both ways on."""
    gone = removed(site, deployed)
    if gone:
        lines = "\n".join(f"  - {n.name}: govcloud node remove {n.name} --confirm {n.name}" for n in gone)
        names = ", ".join(node.name for node in gone)
        raise ConfigError(
            f"{file} no longer has {names}, which stand; put them back, or let them go in order:\n{lines}"
        )


def quorum_problem(voters: Iterable[str], healthy: Collection[str], leaving: str) -> str | None:
    """Why the control plane `leaving` may not go, None when it may. `voters` are all members of etcd.

    etcd takes a member out only while a majority of all answers, and afterwards a majority of the rest must answer.
    """
    members = set(voters)
    rest = members - {leaving}
    if leaving not in members:
        return None
    if not rest:
        return f"{leaving} is the only control plane; to remove the whole site: govcloud destroy"
    alive = members & set(healthy)
    if len(alive) < majority(len(members)):
        return (
            f"{len(alive)} of {len(members)} control planes are healthy, {majority(len(members))} are needed to take "
            f"one out; bring back {_list(members - alive)} first (`govcloud deploy` powers machines on)"
        )
    if len(alive & rest) < majority(len(rest)):
        return (
            f"without {leaving} only {len(alive & rest)} of {len(rest)} control planes would be healthy, "
            f"{majority(len(rest))} are needed; bring back or remove {_list(rest - alive)} first"
        )
    return None


def majority(count: int) -> int:
    """How many of `count` voters decide."""
    return count // 2 + 1


def on_node(node: str, pods: Iterable[Object], volumes: Iterable[Object], claims: Iterable[Object]) -> OnNode:
    """What of the cluster's pods, PersistentVolumes and claims lives on `node`; daemons and mirror pods stay."""
    moving = [pod for pod in pods if pod["spec"].get("nodeName") == node and _moves(pod)]
    held = {(v["spec"].get("claimRef") or {}).get("uid") for v in local_volumes(node, volumes)}
    return OnNode(
        evicted=tuple(moving),
        claims=tuple(item for item in claims if item["metadata"]["uid"] in held),
        lonely=tuple(
            pod for pod in moving if not _controller(pod) and (pod.get("status") or {}).get("phase") not in _ENDED
        ),
    )


def local_volumes(node: str, volumes: Iterable[Object]) -> list[Object]:
    """PersistentVolumes that exist on the disk of `node` only."""
    return [volume for volume in volumes if _nodes_of(volume) == {node}]


def refuse_loss(node: str, found: OnNode, *, accepted: bool) -> None:
    """Raises PreflightFailed naming everything that would be lost, unless that was accepted."""
    if found.lost and not accepted:
        lines = "\n".join(f"  - {item}" for item in found.lost)
        advice = "copy what is needed, then say --delete-local-data"
        raise PreflightFailed(f"with {node} this would be lost; {advice}. Nothing was changed:\n{lines}")


def reachable(made: inventory.Inventory, leaving: str, healthy: Collection[str]) -> inventory.Inventory:
    """The machines that take `leaving` out: every other one that is healthy. Raises PreflightFailed without any."""
    hosts = tuple(host for host in made.hosts if host.name != leaving and host.name in healthy)
    if not any(host.role == "control-plane" for host in hosts):
        raise PreflightFailed(f"no control plane but {leaving} is healthy; nothing was changed. See: govcloud health")
    return made.model_copy(update={"hosts": hosts})


def ready_nodes(nodes: Iterable[Object]) -> set[str]:
    """Names of Node objects whose kubelet says Ready."""
    return {node["metadata"]["name"] for node in nodes if conditions.holds(node, "Ready")}


def _moves(pod: Object) -> bool:
    is_mirror = _MIRROR in (pod["metadata"].get("annotations") or {})
    return not is_mirror and (_controller(pod) or {}).get("kind") != _DAEMON


def _controller(pod: Object) -> Mapping[str, object] | None:
    owners = pod["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def _nodes_of(volume: Object) -> set[str]:
    terms = ((volume["spec"].get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
    return set(_hostnames(terms))


def _hostnames(terms: Iterable[Mapping[str, list[dict[str, object]]]]) -> Iterator[str]:
    for term in terms:
        for rule in term.get("matchExpressions") or []:
            values = rule.get("values")
            if rule.get("key") == _HOSTNAME and rule.get("operator") == "In" and isinstance(values, list):
                yield from map(str, values)


def _name(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
