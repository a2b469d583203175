"""An approved request -> the Environment as it is to be. Pure.

Always the whole spec: server-side apply takes away what is left out. `suspended` and `legalHold` belong to the
platform team and are never named.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from govcloud_api import conditions, labels, policy
from govcloud_api.objects import Object, Ref
from govcloud_api.rules.observed import Observed
from govcloud_api.rules.terms import CREATED_AT, GROWN_AT, Terms, born, terms_of
from govcloud_api.v1alpha1 import Environment, EnvironmentRequest

_OF_THE_PLATFORM = ("suspended", "legalHold")
_NOTES = (CREATED_AT, GROWN_AT, labels.TRANSFERRED_FROM)


def environment(observed: Observed, *, grown: bool = False) -> Object:
    """The Environment that an approved request leads to; a new life starts now. Raises ValueError when unknown.

    `grown`: policy alone gives it more, which is noted.
    """
    kind, found = observed.request.spec.type, observed.environment
    if kind == "Create":
        return _created(observed)
    if found is None or observed.wanted is None:
        raise ValueError(f"a {kind} without its environment cannot be approved")
    if kind == "Transfer":
        return _transferred(observed, found)
    spec = _spec(observed.request, found, observed.wanted)
    if kind == "Extend":
        spec["expiresAt"] = _end(observed.now, observed.request.spec.lifetime_days)
    notes = _notes(found) | ({GROWN_AT: conditions.timestamp(observed.now)} if grown else {})
    return _object(found, found.metadata.namespace or "", spec, uid={"uid": found.metadata.uid}, annotations=notes)


def environment_ref(found: Environment) -> Ref:
    """Ref of an Environment."""
    return Ref(labels.API_VERSION, "Environment", found.metadata.name, found.metadata.namespace)


def _created(observed: Observed) -> Object:
    request, department, wanted = observed.request, observed.department, observed.wanted
    if department is None or wanted is None:
        raise ValueError("a Create outside a department's home cannot be approved")
    spec = {
        "departmentRef": department.spec.code,
        "product": request.spec.product,
        "purpose": request.spec.purpose,
        "requestRef": _request_ref(request),
        **_terms(wanted),
    }
    days = policy.lifetime_days(observed.purpose, request.spec.lifetime_days)
    if days is not None:
        spec["expiresAt"] = _end(observed.now, days)
    return _named(observed.environment_name, request.metadata.namespace or "", spec)


def _transferred(observed: Observed, found: Environment) -> Object:
    """A new Environment in the receiver's home, which takes the namespace over from the old one."""
    if observed.receiver is None:
        raise ValueError("a Transfer without a receiver cannot be approved")
    code = observed.receiver.spec.code
    spec = _spec(observed.request, found, terms_of(found)) | {"departmentRef": code}
    began = conditions.timestamp(born(found, observed.now))
    annotations = _notes(found) | {labels.TRANSFERRED_FROM: found.metadata.uid, CREATED_AT: began}
    return _object(found, labels.home_namespace(code), spec, annotations=annotations)


def _spec(request: EnvironmentRequest, found: Environment, wanted: Terms) -> dict[str, Any]:
    kept = {key: value for key, value in found.spec.wire().items() if key not in (*_OF_THE_PLATFORM, "size")}
    return kept | _terms(wanted) | {"requestRef": _request_ref(request)}


def _terms(wanted: Terms) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "quota": wanted.quota.wire(),
        "tierRef": wanted.tier,
        "dataClass": wanted.data_class,
        "members": [member.wire() for member in wanted.members],
        "network": wanted.network.wire(),
    }
    return spec | ({"size": wanted.size} if wanted.size else {})


def _object(
    found: Environment,
    home: str,
    spec: dict[str, Any],
    *,
    uid: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> Object:
    body = _named(found.metadata.name, home, spec)
    body["metadata"] |= (uid or {}) | ({"annotations": annotations} if annotations else {})
    return body


def _named(name: str, home: str, spec: dict[str, Any]) -> Object:
    marks = {
        labels.MANAGED_BY: labels.MANAGER,
        labels.DEPARTMENT: spec["departmentRef"],
        labels.PRODUCT: spec["product"],
        labels.PURPOSE: spec["purpose"],
    }
    metadata: dict[str, Any] = {"name": name, "namespace": home, "labels": marks}
    return {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}


def _notes(found: Environment) -> dict[str, str]:
    """What this room wrote down before: what an apply leaves out, it takes away."""
    return {key: value for key, value in found.metadata.annotations.items() if key in _NOTES}


def _request_ref(request: EnvironmentRequest) -> dict[str, str]:
    return {"name": request.metadata.name, "uid": request.metadata.uid}


def _end(start: datetime, days: int | None) -> str:
    return conditions.timestamp(start + timedelta(days=days or 0))
