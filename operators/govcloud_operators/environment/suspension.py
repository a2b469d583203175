"""Workloads of a namespace -> what brings them to zero and back. Pure.

Data stays: nothing that owns a volume is removed. Services of the catalogue stop themselves (their rooms look at the
environment), so everything with their label is left alone. The quota keeps new pods out meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from govcloud_api import labels
from govcloud_api.objects import Object, ref_of
from govcloud_operators.actions import Action, Apply, Delete

FIELD_MANAGER = f"{labels.OPERATOR_FIELD_MANAGER}-suspension"
"""Of its own: it states replicas and nothing else of a workload."""
KINDS = (
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("v1", "Pod"),
)
"""What is listed; the order is that of the stop: who makes pods first, pods last."""
_COUNTED = {
    ("apps/v1", "Deployment"): "count/deployments.apps",
    ("apps/v1", "StatefulSet"): "count/statefulsets.apps",
    ("apps/v1", "ReplicaSet"): "count/replicasets.apps",
    ("batch/v1", "CronJob"): "count/cronjobs.batch",
}
"""What can be given back, and where the quota counts it."""
_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})
_MAKES_PODS_AGAIN = frozenset({"ReplicaSet", "StatefulSet", "Job"})
REPLICAS_MAX = 1000


def sleepers(quota: Object | None) -> tuple[tuple[str, str], ...]:
    """Kinds of which there may be some to give back: as the quota counts, which is never too low once it counts.

    Empty while there is no quota: it comes before anything else is decided.
    """
    if quota is None:
        return ()
    used = (quota.get("status") or {}).get("used") or {}
    return tuple(kind for kind, name in _COUNTED.items() if used.get(name) != "0")


def stop(workloads: Iterable[Object], *, keep_everything: bool) -> tuple[Action, ...]:
    """Scale to zero and remember, pause schedules, remove Jobs that run and pods that nobody would make again.

    `keep_everything` (legal hold): nothing is removed.
    """
    ours = [found for found in workloads if _is_tenants(found)]
    scaled = [_scaled_down(found) for found in ours if found["kind"] in _SCALED and _replicas(found) > 0]
    paused = [_paused(found) for found in ours if found["kind"] == "CronJob" and not found["spec"].get("suspend")]
    loose = [] if keep_everything else [_deleted(found) for found in ours if _ends(found)]
    return (*scaled, *paused, *loose)


def resume(workloads: Iterable[Object]) -> tuple[Action, ...]:
    """Give back what `stop` remembered; what people changed meanwhile stays."""
    ours = [found for found in workloads if _is_tenants(found)]
    return tuple(_resumed(found) for found in ours if _note(found, labels.REPLICAS) or _note(found, labels.PAUSED))


def _is_tenants(found: Object) -> bool:
    """Not of a service, not what a Deployment or CronJob looks after, not going already."""
    metadata = found["metadata"]
    if labels.SERVICE in (metadata.get("labels") or {}) or "deletionTimestamp" in metadata:
        return False
    return found["kind"] in ("Pod", "Job") or _controller(found) == ""


def _ends(found: Object) -> bool:
    status = found.get("status") or {}
    if found["kind"] == "Job":
        ended = {condition["type"] for condition in status.get("conditions") or [] if condition["status"] == "True"}
        return not ended & {"Complete", "Failed"}
    if found["kind"] == "Pod":
        return status.get("phase") not in ("Succeeded", "Failed") and _controller(found) not in _MAKES_PODS_AGAIN
    return False


def _scaled_down(found: Object) -> Apply:
    return _stated(found, {labels.REPLICAS: str(_replicas(found))}, {"replicas": 0})


def _paused(found: Object) -> Apply:
    return _stated(found, {labels.PAUSED: "true"}, {"suspend": True})


def _resumed(found: Object) -> Apply:
    """Without the annotation: it goes, because this field manager no longer states it."""
    if found["kind"] == "CronJob":
        return _stated(found, {}, {"suspend": False})
    return _stated(found, {}, {"replicas": _replicas(found) or _remembered(found)})


def _deleted(found: Object) -> Delete:
    return Delete(ref_of(found), found["metadata"]["uid"])


def _stated(found: Object, annotations: dict[str, str], spec: dict[str, object]) -> Apply:
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "uid")}
    noted = {"annotations": annotations} if annotations else {}
    body = {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata | noted, "spec": spec}
    return Apply(body, FIELD_MANAGER)


def _replicas(found: Object) -> int:
    """Absent means 1. Source: k8s.io/api apps/v1."""
    return int(found["spec"].get("replicas", 1))


def _remembered(found: Object) -> int:
    """People may write this annotation on their own workloads: what is no number counts as 1."""
    text = _note(found, labels.REPLICAS)
    return min(int(text), REPLICAS_MAX) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _note(found: Object, annotation: str) -> str:
    return str((found["metadata"].get("annotations") or {}).get(annotation, ""))


def _controller(found: Object) -> str:
    owners = found["metadata"].get("ownerReferences") or []
    return next((owner["kind"] for owner in owners if owner.get("controller")), "")
