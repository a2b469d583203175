"""Everything in a cluster that belongs to one department, in a form that two departments can be compared by."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object
from support.lifecycle_words import plain, words

Picture = dict[str, Any]
"""`Kind namespace/name` -> what it says."""
_ELSEWHERE = frozenset({"Event", "Lease", "ControllerRevision", "ServiceTier"})
"""Told apart (events), or of all departments together."""


class Camera:
    """Lists every kind that the API server has; knows the kinds since it was made."""

    def __init__(self, admin: Cluster) -> None:
        self._admin = admin
        self._kinds = tuple(_kinds(admin))

    def take(self, codes: Iterable[str]) -> dict[str, Picture]:
        """Department -> its picture."""
        found = [obj for api_version, kind in self._kinds for obj in self._listed(api_version, kind)]
        return {code: dict(_pictured(found, code)) for code in codes}

    def events(self, code: str) -> Counter[str]:
        """How often each thing was told about the department."""
        told = [event for event in self._admin.list("v1", "Event") if belongs(event, code)]
        return Counter(f"{event['involvedObject']['kind']} {event['reason']}" for event in told)

    def _listed(self, api_version: str, kind: str) -> list[Object]:
        try:
            return self._admin.list(api_version, kind)
        except errors.NotFound:
            return []


def belongs(obj: Object, code: str) -> bool:
    """By its name or its namespace."""
    metadata = obj["metadata"]
    named = f"{metadata.get('namespace', '')} {metadata['name']}"
    return re.search(rf"\b{re.escape(code)}\b", named) is not None


def picture(obj: Object) -> Any:
    """What counts of an object: marks, owners, spec, conditions."""
    metadata, status = obj["metadata"], obj.get("status") or {}
    said = {key: value for key, value in obj.items() if key not in ("apiVersion", "metadata", "status")}
    told = status.get("conditions") or []
    conditions = sorted((c["type"], c["status"], c.get("reason", "")) for c in told if obj["kind"] != "Namespace")
    return {
        **plain(said),
        "labels": metadata.get("labels") or {},
        "annotations": metadata.get("annotations") or {},
        "finalizers": sorted(metadata.get("finalizers") or []),
        "owners": sorted(f"{owner['kind']} {owner['name']}" for owner in metadata.get("ownerReferences") or []),
        "deleting": "deletionTimestamp" in metadata,
        "conditions": conditions if obj["apiVersion"] == labels.API_VERSION else [],
        "phase": status.get("phase") if obj["apiVersion"] == labels.API_VERSION else None,
    }


def differences(found: Picture, wanted: Picture) -> list[str]:
    """What is too much, missing or other; empty when the two are the same."""
    lines = [f"too much: {name}" for name in sorted(found.keys() - wanted.keys())]
    lines += [f"missing: {name}" for name in sorted(wanted.keys() - found.keys())]
    for name in sorted(found.keys() & wanted.keys()):
        if found[name] != wanted[name]:
            lines += [f"other: {name}: {text}" for text in _fields(found[name], wanted[name])]
    return lines


def _fields(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    keys = sorted(found.keys() | wanted.keys())
    return [f"{key} is {found.get(key)}, not {wanted.get(key)}" for key in keys if found.get(key) != wanted.get(key)]


def _pictured(objects: Iterable[Object], code: str) -> Iterable[tuple[str, Any]]:
    for obj in objects:
        if belongs(obj, code):
            named = f"{obj['kind']} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
            yield words(named, code), json.loads(words(json.dumps(picture(obj), sort_keys=True), code))


def _kinds(admin: Cluster) -> Iterable[tuple[str, str]]:
    groups = json.loads(admin.raw("GET", "/apis"))["groups"]
    for version in ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for resource in json.loads(admin.raw("GET", root))["resources"]:
            usable = "list" in resource["verbs"] and "/" not in resource["name"]
            if usable and resource["kind"] not in _ELSEWHERE:
                yield version, resource["kind"]
