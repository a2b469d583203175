"""An object that was stored under another schema says that it cannot be read, and goes on once it is corrected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govcloud_api import conditions, labels
from govcloud_kube import Cluster, Object, Ref
from support import tenancy

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/workcalendars.govcloud.internal"
REF = Ref(labels.API_VERSION, "WorkCalendar", "odd")
JSON_PATCH = "application/json-patch+json"
DAYS = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/daysOff/items"


@contextmanager
def loosened(admin: Cluster) -> Iterator[None]:
    """For a moment the days of the week are free text."""
    before = json.loads(admin.raw("GET", CRD))
    place: Any = before
    for step in DAYS.strip("/").split("/"):
        place = place[int(step)] if step.isdigit() else place[step]
    _put(admin, {"type": "string", "maxLength": 20})
    try:
        yield
    finally:
        _put(admin, place)


def _put(admin: Cluster, items: dict[str, Any]) -> None:
    change: Any = [{"op": "replace", "path": DAYS, "value": items}]
    admin.raw("PATCH", CRD, change, JSON_PATCH)


def calendar(*days: str) -> Object:
    body = {"apiVersion": REF.api_version, "kind": REF.kind, "metadata": {"name": REF.name}}
    return body | {"spec": {"timeZone": "UTC", "daysOff": list(days)}}


def says(admin: Cluster) -> dict[str, Any]:
    return conditions.find(admin.get(REF) or {}, "Ready") or {}


def test_what_cannot_be_read_says_so_and_stays_as_it_is(admin: Cluster, operator: Path) -> None:
    with loosened(admin):
        tenancy.eventually(lambda: admin.create(calendar("Someday")), "the old schema lets it in")
    tenancy.eventually(lambda: says(admin).get("reason") == "InvalidSpec", "it says that it cannot be read")
    found = admin.get(REF)
    assert found is not None
    assert "spec.daysOff.0" in says(admin)["message"]
    assert says(admin)["status"] == "False"
    assert found["spec"]["daysOff"] == ["Someday"]
    tenancy.eventually(lambda: admin.apply(calendar("Sunday"), field_manager="person"), "it is corrected")
    tenancy.eventually(lambda: tenancy.is_ready(admin.get(REF)), "it is Ready")
    admin.delete(REF)
    assert "Traceback" not in operator.read_text()
