"""Write a status only when it says something new."""

from __future__ import annotations

from typing import Any, Protocol

from govcloud_api import labels
from govcloud_api.objects import Ref
from govcloud_api.v1alpha1 import model
from govcloud_kube import Cluster


class HasStatus(Protocol):
    """A parsed object that has metadata and a status."""

    @property
    def metadata(self) -> model.Metadata:
        """Name, namespace, UID."""
        ...

    @property
    def status(self) -> model.Observed:
        """The status that was read."""
        ...


def write_if_changed(cluster: Cluster, ref: Ref, obj: HasStatus, wanted: dict[str, Any]) -> bool:
    """Apply `wanted` as the whole status unless it equals what was read; True when written.

    The UID goes along, so a successor of the same name never gets its predecessor's status.
    """
    status = {key: value for key, value in wanted.items() if value is not None}
    if _sorted(type(obj.status).model_validate(status).wire()) == _sorted(obj.status.wire()):
        return False
    metadata = {"name": ref.name, "uid": obj.metadata.uid}
    if ref.namespace is not None:
        metadata["namespace"] = ref.namespace
    body = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "status": status}
    cluster.patch_status(body, field_manager=labels.OPERATOR_FIELD_MANAGER)
    return True


def _sorted(status: dict[str, Any]) -> dict[str, Any]:
    """Conditions are a map by type: where a new one stands in the list is the API server's affair, and no news."""
    return status | {"conditions": sorted(status.get("conditions") or [], key=lambda found: str(found["type"]))}
