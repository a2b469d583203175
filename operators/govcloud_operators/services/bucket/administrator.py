"""The operator's way into a running gateway as its administrator. Pure: what a pod shows comes in with the order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from govcloud_api import errors
from govcloud_api.objects import Object
from govcloud_operators.services.bucket import agreement, desired
from govcloud_operators.services.driver import Door, Order
from govcloud_operators.services.s3.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The two ports of a gateway, as its administrator."""

    objects: Gateway
    keys: Gateway


def ways(order: Order, door: Door) -> Ways:
    """The ways in: keys are one port above objects. Raises NotReady while the pod has not shown its half of the key."""
    objects = _gateway(order, door)
    above = desired.ADMIN_PORT - desired.PORT
    return Ways(objects=objects, keys=replace(objects, endpoint=f"https://{door.host}:{door.port + above}"))


def _gateway(order: Order, door: Door) -> Gateway:
    own = agreement.operator_key(order.secret)
    shown = next((half for pod in order.pods if (half := _half(order, pod))), "")
    try:
        secret = agreement.shared(own, agreement.public(own), shown)
    except ValueError as error:
        text = f"pod {order.name}-0 does not show its public key in its status; if that lasts, delete the pod"
        raise errors.NotReady(text, delay_seconds=2.0) from error
    return Gateway(
        endpoint=f"https://{door.host}:{door.port}",
        access_key=desired.OPERATOR,
        secret_key=secret,
        authority_pem=door.authority,
        server_name=door.server_name,
    )


def _half(order: Order, pod: Object) -> str:
    """What the pod's first container said last; empty when it said nothing or did not end well."""
    if pod["metadata"]["name"] != f"{order.name}-0":
        return ""
    told: list[dict[str, Any]] = (pod.get("status") or {}).get("initContainerStatuses") or []
    ended = next((status.get("state", {}).get("terminated") for status in told if status["name"] == desired.KEYS), None)
    return str(ended.get("message", "")) if ended and ended.get("exitCode") == 0 else ""
