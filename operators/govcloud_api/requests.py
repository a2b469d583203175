"""What a tenant's own tools need: build a request, read back what became of it. Pure, light imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic

from govcloud_api import conditions, errors, labels, policy
from govcloud_api.v1alpha1 import environment_request, model

REQUEST = "EnvironmentRequest"
ENVIRONMENT = "Environment"
DEPARTMENT = "Department"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for. `lifetime_days` None: the purpose's default. `name` None: made from the product."""

    department: str
    product: str
    purpose: str
    why: str
    size: str = "small"
    lifetime_days: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How far a request or environment is, for people. `problems` are sentences that say what to do next."""

    phase: str
    ready: bool
    waiting_on: str
    namespace: str
    expires_at: str
    problems: tuple[str, ...]


def build_environment_request(wish: Wish) -> dict[str, Any]:
    """The EnvironmentRequest to create, in wire form. Raises InvalidSpec naming every wrong field at once.

    Without a name the API server makes one (`portal-dev-x7k2p`): asking twice are two requests.
    """
    spec = {
        "type": "Create",
        "product": wish.product,
        "purpose": wish.purpose,
        "size": wish.size,
        "lifetimeDays": wish.lifetime_days,
        "justification": {"why": wish.why},
    }
    try:
        parsed = environment_request.EnvironmentRequestSpec.model_validate(spec)
        _NAME.validate_python(wish.name)
        _CODE.validate_python(wish.department)
    except pydantic.ValidationError as error:
        raise errors.InvalidSpec(f"the request is not valid: {model.faults(error)}") from error
    named = (
        {"name": wish.name}
        if wish.name
        else {"generateName": f"{policy.environment_name(wish.product, wish.purpose)}-"}
    )
    return {
        "apiVersion": labels.API_VERSION,
        "kind": REQUEST,
        "metadata": named | {"namespace": labels.home_namespace(wish.department)},
        "spec": parsed.wire(),
    }


_NAME: pydantic.TypeAdapter[str | None] = pydantic.TypeAdapter(model.ObjectName | None)
_CODE: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(model.Code)


def summarize_request(request: Mapping[str, Any]) -> Summary:
    """State of an EnvironmentRequest in wire form; every failing rule is a problem."""
    status = request.get("status") or {}
    failing = [f"{r['rule']}: {r['message']}" for r in status.get("policyResults") or [] if not r["pass"]]
    return Summary(
        phase=status.get("phase") or "Pending",
        ready=conditions.is_true(request, "Ready"),
        waiting_on=status.get("waitingOn") or ("" if status else "the operator, which has not seen it yet"),
        namespace="",
        expires_at="",
        problems=tuple(failing),
    )


def summarize_environment(environment: Mapping[str, Any]) -> Summary:
    """State of an Environment in wire form; every condition that is not as it should be is a problem."""
    status = environment.get("status") or {}
    ready = conditions.find(environment, "Ready")
    return Summary(
        phase="Pending" if ready is None else str(ready["reason"]),
        ready=conditions.is_true(environment, "Ready"),
        waiting_on="" if ready is None or ready["status"] == "True" else str(ready["message"]),
        namespace=status.get("namespace") or "",
        expires_at=status.get("expiresAt") or "",
        problems=tuple(_problems(status.get("conditions") or [])),
    )


def _problems(found: list[dict[str, Any]]) -> list[str]:
    abnormal_when_true = {"Expiring", "QuotaExhausted", "Suspended"}
    return [
        f"{condition['type']}: {condition['message'] or condition['reason']}"
        for condition in found
        if condition["type"] != "Ready" and (condition["status"] == "True") == (condition["type"] in abnormal_when_true)
    ]
