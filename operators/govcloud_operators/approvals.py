"""Reads that every decision needs: Approvals about one object, and whose home a namespace is."""

from __future__ import annotations

from collections.abc import Iterable

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import Approval, Department, model
from govcloud_kube import Cluster
from govcloud_operators import isolation


def about(cluster: Cluster, kind: str, asked: model.Metadata, namespaces: Iterable[str]) -> tuple[Approval, ...]:
    """Approvals in these namespaces that name the object, in whichever version of it."""
    found = []
    for namespace in dict.fromkeys(namespaces):
        for item in cluster.list(labels.API_VERSION, "Approval", namespace=namespace):
            named = (item.get("spec") or {}).get("requestRef") or {}
            if (named.get("kind"), named.get("namespace"), named.get("name")) == (kind, asked.namespace, asked.name):
                found.append(Approval.parse(item))
    return tuple(found)


def department_of(cluster: Cluster, namespace: str) -> Department | None:
    """The department whose home this is, proven by the UID on the namespace, not by names."""
    home = cluster.get(Ref("v1", "Namespace", namespace))
    code = (((home or {}).get("metadata") or {}).get("labels") or {}).get(labels.DEPARTMENT)
    if home is None or not code or namespace != labels.home_namespace(code):
        return None
    found = cluster.get(Ref(labels.API_VERSION, "Department", code))
    if found is None or not isolation.is_owned(home, found["metadata"]["uid"]):
        return None
    return Department.parse(found)
