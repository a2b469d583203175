"""One home at a time, now and then: look at its history, remove what may go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from govcloud_api import errors, labels
from govcloud_api.objects import Object, Ref, ref_of
from govcloud_kube import Cluster
from govcloud_operators import approvals
from govcloud_operators.surroundings import Surroundings
from govcloud_operators.tidying import checks
from govcloud_operators.tidying.checks import Limits

MOST_A_TURN = 50
"""A heap of history goes in many turns: nobody waits for it."""


def turn(cluster: Cluster, code: str, around: Surroundings) -> None:
    """Tidy the home of a department when it is its turn, and the platform's decisions when it is theirs.

    Raises what the cluster raises; the next turn comes all the same.
    """
    where, now = labels.home_namespace(code), around.clock()
    if cluster.get(Ref(labels.API_VERSION, "Department", code)) is None:
        return  # names of departments that do not exist are remembered by nobody
    if around.turns.take(where, now) and approvals.department_of(cluster, where) is not None:
        home(cluster, where, around.retention, now)
    if around.turns.take(labels.APPROVALS_NAMESPACE, now):
        words(cluster, labels.APPROVALS_NAMESPACE, Limits(retention=around.retention, most=None), now)


def home(cluster: Cluster, namespace: str, retention: timedelta, now: datetime) -> int:
    """Tidy a department's home; returns how many objects went. Raises what the cluster raises."""
    listed = cluster.list(labels.API_VERSION, "EnvironmentRequest", namespace=namespace)
    limits = Limits(retention=retention, most=checks.MOST_REQUESTS)
    found = checks.requests(listed, frozenset(_in_force(cluster, namespace, listed)), now, limits)
    gone = _remove(cluster, found[:MOST_A_TURN])
    return gone + words(cluster, namespace, Limits(retention=retention, most=checks.MOST_WORDS), now)


def words(cluster: Cluster, namespace: str, limits: Limits, now: datetime) -> int:
    """Tidy the decisions in a namespace; returns how many went. Raises what the cluster raises."""
    listed = cluster.list(labels.API_VERSION, "Approval", namespace=namespace)
    orphans = [item for item in listed if checks.may_be_old(item, now) and _is_orphan(cluster, item)]
    return _remove(cluster, checks.words(orphans, now, limits)[:MOST_A_TURN])


def _in_force(cluster: Cluster, namespace: str, listed: Iterable[Object]) -> Iterator[str]:
    """Requests that environments rest on: of this home, and of those that got some of it."""
    receivers = {code for item in listed if (code := (item.get("spec") or {}).get("transferTo"))}
    for where in (namespace, *sorted(map(labels.home_namespace, receivers))):
        for item in cluster.list(labels.API_VERSION, "Environment", namespace=where):
            yield str(((item.get("spec") or {}).get("requestRef") or {}).get("uid", ""))


def _is_orphan(cluster: Cluster, approval: Object) -> bool:
    """What it is about is gone; a successor of the same name is another request."""
    about = approval["spec"]["requestRef"]
    found = cluster.get(Ref(labels.API_VERSION, about["kind"], about["name"], about["namespace"]))
    return found is None or found["metadata"]["uid"] != about["uid"]


def _remove(cluster: Cluster, found: Iterable[Object]) -> int:
    """Exactly what was looked at: one that changed meanwhile stays for the next turn."""
    gone = 0
    for item in found:
        metadata = item["metadata"]
        try:
            gone += cluster.delete(ref_of(item), uid=metadata["uid"], resource_version=metadata["resourceVersion"])
        except errors.Conflict:
            continue
    return gone
