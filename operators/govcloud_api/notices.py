"""What the operator leaves in a department's home for its people to read: ConfigMaps that hold objects as JSON. Pure.

People may read neither Departments, which are of the whole cluster, nor another department's home. What of them is
their own business is copied to where they may read, so that no right reaches further than their namespace.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from govcloud_api import decision, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1 import Department, EnvironmentRequest

DEPARTMENT = "govcloud-department"
"""The department as the platform wrote it down."""
TRANSFERS = "govcloud-transfers"
"""Requests of others to hand an environment over to this department, while its word is waited for."""
AUTHORITY = "govcloud-ca"
"""The certificate of the authority that signs for services and ingress hosts of the site."""
AUTHORITY_KEY = "ca.crt"
NAMES = (DEPARTMENT, TRANSFERS, AUTHORITY)
_DEPARTMENT_KEY = "department.json"
_REQUEST_METADATA = ("name", "namespace", "uid", "creationTimestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A request to hand an environment over, and that environment (None: it is gone); both in wire form."""

    request: Object
    environment: Object | None = None

    @property
    def is_genuine(self) -> bool:
        """The text is the one that the operator judged and that a decision is bound to."""
        try:
            spec = EnvironmentRequest.parse(self.request).spec
        except errors.InvalidSpec:
            return False
        return decision.spec_hash(spec) == (self.request.get("status") or {}).get("specHash")


def ref(name: str, home: str) -> Ref:
    """Ref of a notice in a home namespace."""
    return Ref("v1", "ConfigMap", name, home)


def config_map(name: str, home: str, data: Mapping[str, str]) -> Object:
    """The notice itself."""
    metadata = {"name": name, "namespace": home, "labels": {labels.MANAGED_BY: labels.MANAGER}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def of_department(found: Department) -> dict[str, str]:
    """Content of `DEPARTMENT`. Without status: sums of environments are in the home already, and change often."""
    metadata = {"name": found.metadata.name, "uid": found.metadata.uid, "generation": found.metadata.generation}
    whole = {"apiVersion": labels.API_VERSION, "kind": "Department", "metadata": metadata, "spec": found.spec.wire()}
    return {_DEPARTMENT_KEY: _text(whole)}


def of_transfers(offers: Iterable[Offer]) -> dict[str, str]:
    """Content of `TRANSFERS`: one entry a request, named by its UID."""
    return {f"{offer.request['metadata']['uid']}.json": _text(_offer(offer)) for offer in offers}


def of_authority(certificate: str) -> dict[str, str]:
    """Content of `AUTHORITY`, in PEM."""
    return {AUTHORITY_KEY: certificate}


def authority(notice: Mapping[str, Any] | None) -> str:
    """The certificate in a notice, empty when there is none."""
    return str(((notice or {}).get("data") or {}).get(AUTHORITY_KEY) or "")


def department(notice: Mapping[str, Any] | None) -> Object | None:
    """The Department in a notice, without status; None when there is none to be read."""
    return _read(((notice or {}).get("data") or {}).get(_DEPARTMENT_KEY))


def transfers(notice: Mapping[str, Any] | None) -> list[Offer]:
    """Offers in a notice, the oldest first; an entry that is none is left out."""
    entries = [_read(text) for text in ((notice or {}).get("data") or {}).values()]
    found = [Offer(request=e["request"], environment=e.get("environment")) for e in entries if e and e.get("request")]
    return sorted(found, key=lambda offer: str(offer.request["metadata"].get("creationTimestamp", "")))


def _offer(offer: Offer) -> Object:
    """Of the environment only what it is; not how it is, nor what the operator notes on it."""
    request, environment = offer.request, offer.environment
    metadata = {key: request["metadata"][key] for key in _REQUEST_METADATA if key in request["metadata"]}
    copied: Object = {"request": {**request, "metadata": metadata}}
    if environment is not None:
        copied["environment"] = {
            "metadata": {"name": environment["metadata"]["name"], "uid": environment["metadata"]["uid"]},
            "spec": environment["spec"],
        }
    return copied


def _text(value: Object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _read(text: str | None) -> Object | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
