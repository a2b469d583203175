"""What people's own tools need: objects from plain values, all faults at once. Pure, light imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic

from govcloud_api import errors, labels, policy
from govcloud_api.summaries import Summary, summarize, summarize_environment, summarize_request
from govcloud_api.v1alpha1 import approval, environment_request, model, policy_exemption
from govcloud_api.v1alpha1 import service_binding as binding_model
from govcloud_api.v1alpha1 import service_instance as instance_model

__all__ = [
    "DEPARTMENT",
    "ENVIRONMENT",
    "REQUEST",
    "Access",
    "Exemption",
    "Order",
    "Summary",
    "Wish",
    "Word",
    "build_approval",
    "build_binding",
    "build_environment_request",
    "build_exemption",
    "build_instance",
    "summarize",
    "summarize_environment",
    "summarize_request",
]

REQUEST = "EnvironmentRequest"
ENVIRONMENT = "Environment"
DEPARTMENT = "Department"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for. None: not said. `name` None: made from the product or the environment.

    `quota` has cpu, memory, storage and pods; `members` are wire form (kind, name, role); empty `members` or `hosts`
    of a change take all away. `lifetime_days` None: the purpose's default.
    """

    department: str
    why: str
    type: str = "Create"
    product: str | None = None
    purpose: str | None = None
    environment: str | None = None
    size: str | None = None
    quota: Mapping[str, Any] | None = None
    tier: str | None = None
    data_class: str | None = None
    members: Sequence[Mapping[str, Any]] | None = None
    hosts: Sequence[str] | None = None
    egress: str | None = None
    lifetime_days: int | None = None
    transfer_to: str | None = None
    current_use: str = ""
    tried: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A decision of a person: `Approve` or `Deny`, in which role, written in which namespace, and why."""

    verdict: str
    role: str
    namespace: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A rule that shall not hold for an environment until `expires_at` (RFC 3339)."""

    department: str
    environment: str
    rule: str
    reason: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A service for an environment's namespace. `web` is in wire form; None: not said, the offering decides."""

    namespace: str
    name: str
    offering: str
    plan: str
    version: str | None = None
    backup_hour: int | None = None
    retention_days: int | None = None
    restore_instance: str | None = None
    restore_time: str | None = None
    protected: bool = True
    web: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Credentials for a service. `ttl_seconds` None: for a program, renewed for ever. `name` None: made."""

    namespace: str
    instance: str
    role: str
    ttl_seconds: int | None = None
    rotation_seconds: int | None = None
    reason: str = ""
    name: str | None = None


def build_environment_request(wish: Wish) -> dict[str, Any]:
    """The EnvironmentRequest to create, in wire form. Raises InvalidSpec naming every wrong field at once.

    Without a name the API server makes one (`portal-dev-x7k2p`): asking twice are two requests.
    """
    spec = _request_spec(wish)
    wrong = [*_missing(wish), *_wrong(_NAME, wish.name, "name"), *_wrong(_CODE, wish.department, "department")]
    wire = _checked(environment_request.EnvironmentRequestSpec, spec, "the request", wrong)
    named = {"name": wish.name} if wish.name else {"generateName": f"{_stem(wish)}-"}
    return _object(REQUEST, named | {"namespace": labels.home_namespace(wish.department)}, wire)


def build_approval(request: Mapping[str, Any], word: Word) -> dict[str, Any]:
    """The Approval to create: about exactly this request (or exemption), by UID and hash, as the operator saw it.

    Raises InvalidSpec, also for a request that the operator has not looked at yet.
    """
    metadata = request["metadata"]
    spec_hash = (request.get("status") or {}).get("specHash")
    if not spec_hash:
        raise errors.InvalidSpec(f"{metadata['name']} was not checked yet, there is nothing to decide; look again soon")
    reference = {
        "kind": request["kind"],
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "specHash": spec_hash,
        "requestedBy": (request.get("spec") or {}).get("requestedBy"),
    }
    spec = {"requestRef": _said(reference), "verdict": word.verdict, "role": word.role}
    spec |= {"reason": word.reason} if word.reason else {}
    short = word.verdict == "Deny" and len(word.reason) < _MIN_REASON_CHARS
    wrong = [f"reason: a denial needs a reason of at least {_MIN_REASON_CHARS} characters"] if short else []
    wire = _checked(approval.ApprovalSpec, spec, "the decision", wrong)
    return _object("Approval", {"generateName": _prefix(metadata["name"]), "namespace": word.namespace}, wire)


def build_exemption(wish: Exemption) -> dict[str, Any]:
    """The PolicyExemption to create. Raises InvalidSpec naming every wrong field at once."""
    spec = {
        "environmentRef": wish.environment,
        "rule": wish.rule,
        "reason": wish.reason,
        "expiresAt": wish.expires_at,
    }
    wrong = _wrong(_CODE, wish.department, "department")
    wire = _checked(policy_exemption.PolicyExemptionSpec, spec, "the exemption", wrong)
    named = {"generateName": _prefix(wish.environment), "namespace": labels.home_namespace(wish.department)}
    return _object("PolicyExemption", named, wire)


def build_instance(order: Order) -> dict[str, Any]:
    """The ServiceInstance to create. Raises InvalidSpec naming every wrong field at once."""
    spec = {
        "offeringRef": order.offering,
        "plan": order.plan,
        "version": order.version,
        "backup": _said({"hour": order.backup_hour, "retentionDays": order.retention_days}),
        "restoreFrom": _said({"instance": order.restore_instance, "time": order.restore_time}),
        "deletionProtection": order.protected,
        "web": dict(order.web) if order.web else None,
    }
    wrong = _wrong(_INSTANCE, order.name, "name")
    wire = _checked(instance_model.ServiceInstanceSpec, _said(spec) or {}, "the service", wrong)
    return _object("ServiceInstance", {"name": order.name, "namespace": order.namespace}, wire)


def build_binding(access: Access) -> dict[str, Any]:
    """The ServiceBinding to create. Raises InvalidSpec naming every wrong field at once."""
    spec = {
        "instanceRef": access.instance,
        "role": access.role,
        "ttlSeconds": access.ttl_seconds,
        "rotationSeconds": access.rotation_seconds,
        "reason": access.reason or None,
    }
    short = access.ttl_seconds is not None and len(access.reason) < _MIN_REASON_CHARS
    wrong = [f"reason: temporary credentials need one of at least {_MIN_REASON_CHARS} characters"] if short else []
    wrong += _wrong(_NAME, access.name, "name")
    wire = _checked(binding_model.ServiceBindingSpec, _said(spec) or {}, "the binding", wrong)
    named = {"name": access.name} if access.name else {"generateName": _prefix(access.instance)}
    return _object("ServiceBinding", named | {"namespace": access.namespace}, wire)


_MIN_REASON_CHARS = 10
_PREFIX_CHARS = 50
"""Leaves room for what the API server adds to a generated name."""
_NAME: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(model.ObjectName | None)
_CODE: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(model.Code)
_INSTANCE: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(instance_model.InstanceName)


def _request_spec(wish: Wish) -> dict[str, Any]:
    creates = wish.type == "Create"
    reasons = {"why": wish.why, "currentUse": wish.current_use or None, "tried": wish.tried or None}
    network = {"ingressHosts": None if wish.hosts is None else list(wish.hosts), "egress": wish.egress}
    said = {
        "type": wish.type,
        "environmentRef": wish.environment,
        "product": wish.product,
        "purpose": wish.purpose,
        "size": wish.size or ("small" if creates and wish.quota is None else None),
        "quota": None if wish.quota is None else dict(wish.quota),
        "tierRef": wish.tier,
        "dataClass": wish.data_class,
        "members": None if wish.members is None else [dict(member) for member in wish.members],
        "network": _said(network),
        "lifetimeDays": wish.lifetime_days,
        "transferTo": wish.transfer_to,
        "justification": _said(reasons) or {},
    }
    return _said(said) or {}


def _missing(wish: Wish) -> list[str]:
    """What this type of request cannot do without."""
    needed: dict[str, Any]
    if wish.type == "Create":
        needed = {"product": wish.product, "purpose": wish.purpose}
    else:
        needed = {"environment": wish.environment}
        needed |= {"lifetimeDays": wish.lifetime_days} if wish.type == "Extend" else {}
        needed |= {"transferTo": wish.transfer_to} if wish.type == "Transfer" else {}
    return [f"{name}: is missing; a {wish.type} needs it" for name, value in needed.items() if not value]


def _stem(wish: Wish) -> str:
    """Beginning of a generated name; whatever is wrong with it was refused before."""
    if wish.type == "Create" and wish.product and wish.purpose:
        return policy.environment_name(wish.product, wish.purpose)
    return f"{wish.environment}"[: _PREFIX_CHARS - 10] + f"-{wish.type.lower()}"


def _prefix(name: str) -> str:
    return f"{name[:_PREFIX_CHARS].rstrip('-')}-"


def _said(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Only what was said; None when that is nothing."""
    return {key: value for key, value in values.items() if value is not None} or None


def _wrong(form: pydantic.TypeAdapter[Any], value: Any, name: str) -> list[str]:
    try:
        form.validate_python(value)
    except pydantic.ValidationError as error:
        return [f"{name}: {error.errors()[0]['msg']}"]
    return []


def _checked(of: type[model.Model], spec: Mapping[str, Any], what: str, wrong: list[str]) -> dict[str, Any]:
    """`spec` in wire form, without what was not said; `wrong` is what is known to be wrong already."""
    cause: Exception | None = None
    try:
        parsed = of.model_validate(dict(spec))
    except pydantic.ValidationError as error:
        wrong, cause = [*wrong, model.faults(error)], error
    if wrong:
        raise errors.InvalidSpec(f"{what} is not valid: {'; '.join(wrong)}") from cause
    said: dict[str, Any] = parsed.model_dump(by_alias=True, exclude_none=True, exclude_unset=True, mode="json")
    return said


def _object(kind: str, metadata: Mapping[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": labels.API_VERSION, "kind": kind, "metadata": dict(metadata), "spec": spec}
