"""An object of our kinds that this version cannot read says so itself, in one place for all kinds; its spec stays.

Such an object was stored before its kind's schema changed, or by a newer version.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from govcloud_api import conditions, definitions, errors, labels
from govcloud_api.conditions import Condition
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from govcloud_operators.keys import Key

LOG = logging.getLogger(__name__)
REASON = "InvalidSpec"
_MODELS = {found.kind: found.model for found in definitions.DEFINITIONS}
_SUMMARY = {"Approval": "Valid"}
"""The condition that sums a kind up, where it is not Ready."""


def tell(cluster: Cluster, key: Key, now: datetime) -> bool:
    """True when the object cannot be read; its condition then says why. Raises what the cluster raises."""
    ref = Ref(labels.API_VERSION, key.kind, key.name, key.namespace)
    found = cluster.get(ref) if key.kind in _MODELS else None
    if found is None:
        return False
    try:
        _MODELS[key.kind].parse(found)
    except errors.InvalidSpec as fault:
        _write(cluster, ref, found, status(found, str(fault), now))
        return True
    return False


def status(obj: Object, fault: str, now: datetime) -> dict[str, Any]:
    """The whole status: what it said before, and that it cannot be read. Pure."""
    text = f"{fault}; correct it, or run a version of govcloud that knows it: nothing is done about it until then"
    told = Condition(type=_SUMMARY.get(obj["kind"], "Ready"), status="False", reason=REASON, message=text)
    before: Mapping[str, Any] = obj.get("status") or {}
    known = before.get("conditions") or []
    generation = obj["metadata"].get("generation", 0)
    others = [condition for condition in known if condition["type"] != told.type]
    merged = conditions.merge(known, [told], generation=generation, now=now)
    return {**before, "observedGeneration": generation, "conditions": [*others, *merged]}


def _write(cluster: Cluster, ref: Ref, found: Object, wanted: dict[str, Any]) -> None:
    if found.get("status") == wanted:
        return
    LOG.warning("%s cannot be read; its condition says why", ref)
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "uid") if key in found["metadata"]}
    body = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "status": wanted}
    cluster.patch_status(body, field_manager=labels.OPERATOR_FIELD_MANAGER)
