"""Empty a node through the API: closed to new pods, then every pod asked to leave, as its disruption budget allows."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from govcloud_api import conditions
from govcloud_api.errors import ApiUnavailable, Conflict, NotFound, ToolFailed
from govcloud_infra.nodes import scale
from govcloud_kube.cluster import Cluster, Object, Ref

FIELD_MANAGER = "govcloud-node"
_POLL_SECONDS = 1.0
_BUDGET = "disruption budget"
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long pods may take to leave in all; `sleep` and `clock` are parameters for tests."""

    timeout_seconds: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def node_ref(name: str) -> Ref:
    """A Node object."""
    return Ref("v1", "Node", name)


def look(cluster: Cluster, node: str) -> scale.OnNode:
    """What lives on the node now."""
    volumes = cluster.list("v1", "PersistentVolume")
    return scale.on_node(node, cluster.list("v1", "Pod"), volumes, cluster.list("v1", "PersistentVolumeClaim"))


def cordon(cluster: Cluster, node: str) -> None:
    """No new pod starts there."""
    cluster.apply(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}, "spec": {"unschedulable": True}},
        field_manager=FIELD_MANAGER,
    )


def evict(cluster: Cluster, node: str, step: Step, patience: Patience) -> None:
    """Until no pod is left that could move. On a node that is off nobody could end them: the API server forgets them.

    Raises ToolFailed naming a pod that did not go, and why.
    """
    found = cluster.get(node_ref(node))
    if found is None or not conditions.holds(found, "Ready"):
        step(f"{node} is off: its pods are started elsewhere once it is out of the cluster")
        return
    deadline = patience.clock() + patience.timeout_seconds
    while reasons := {_name(pod): _ask(cluster, pod) for pod in look(cluster, node).evicted}:
        text = _summary(node, reasons)
        step(text)
        if patience.clock() > deadline:
            advice = "it takes no new pods meanwhile. Run the command again to go on, or: kubectl uncordon"
            raise ToolFailed(f"{text}; gave up after {patience.timeout_seconds:.0f} s; {advice} {node}")
        patience.sleep(_POLL_SECONDS)


def delete_claims(cluster: Cluster, claims: Iterable[Object], step: Step) -> None:
    """Their data is lost with the node; a claim made anew may lie elsewhere."""
    for item in claims:
        step(f"delete claim {_name(item)}")
        metadata = item["metadata"]
        reference = Ref("v1", "PersistentVolumeClaim", metadata["name"], metadata["namespace"])
        cluster.delete(reference, uid=metadata["uid"])


def forget(cluster: Cluster, node: str) -> None:
    """Delete the Node object, and volumes that lay on it: nobody could ever reach them again."""
    volumes = scale.local_volumes(node, cluster.list("v1", "PersistentVolume"))
    cluster.delete(node_ref(node))
    for volume in volumes:
        cluster.delete(Ref("v1", "PersistentVolume", volume["metadata"]["name"]), uid=volume["metadata"]["uid"])


def _ask(cluster: Cluster, pod: Object) -> str:
    """Ask it to leave, unless that was done; why it is still there."""
    metadata = pod["metadata"]
    if "deletionTimestamp" in metadata:
        return "is ending"
    path = f"/api/v1/namespaces/{quote(metadata['namespace'])}/pods/{quote(metadata['name'])}/eviction"
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "deleteOptions": {"preconditions": {"uid": metadata["uid"]}},
    }
    try:
        cluster.raw("POST", path, body)
    except (NotFound, Conflict):
        return "is ending"  # it went, or another took its name: the next look tells
    except ApiUnavailable as error:
        # The API server answers 429 while a PodDisruptionBudget allows no more pods to go.
        return f"is kept by its {_BUDGET}" if _BUDGET in str(error) else f"could not be asked ({error})"
    return "is ending"


def _summary(node: str, reasons: dict[str, str]) -> str:
    name, reason = next(((n, r) for n, r in reasons.items() if _BUDGET in r), next(iter(reasons.items())))
    others = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{node} is not empty: pod {name} {reason}{others}"


def _name(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
