"""What stands of environments in the end, so that two ways to the same end can be compared."""

from __future__ import annotations

from typing import Any

from govcloud_api import labels
from govcloud_kube import Cluster, Object
from govcloud_operators import isolation

KINDS = (
    ("v1", "Namespace"),
    ("v1", "ResourceQuota"),
    ("v1", "LimitRange"),
    (isolation.POLICY_VERSION, "NetworkPolicy"),
    (isolation.RBAC_VERSION, "RoleBinding"),
)
_SERVERS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
Outcome = dict[str, Object]
"""`Kind namespace/name` -> object without what differs by nature."""


def of_environments(admin: Cluster, product: str) -> Outcome:
    """Every object that environments of a product consist of."""
    selector = labels.selector({labels.PRODUCT: product})
    places = {found["metadata"]["name"] for found in admin.list("v1", "Namespace", label_selector=selector)}
    found: Outcome = {}
    for api_version, kind in KINDS:
        managed = labels.selector({labels.MANAGED_BY: labels.MANAGER})
        for obj in admin.list(api_version, kind, label_selector=managed):
            where = obj["metadata"].get("namespace", obj["metadata"]["name"])
            if where in places:
                found[f"{kind} {where}/{obj['metadata']['name']}"] = plain(obj)
    return found


def plain(obj: Object) -> Object:
    """As somebody would write it down: without the server's fields, status, and the UID of the owner."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVERS}
    notes = {
        key: value
        for key, value in (metadata.pop("annotations", None) or {}).items()
        if not key.startswith(("kubectl.kubernetes.io/", "kopf.zalando.org/"))
    }
    if labels.OWNER_UID in notes:
        notes[labels.OWNER_UID] = "owner"
    whole: dict[str, Any] = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    if obj["kind"] == "Namespace":
        whole.pop("spec", None)
    return whole | {"metadata": metadata | ({"annotations": notes} if notes else {})}
