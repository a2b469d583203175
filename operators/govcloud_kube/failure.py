"""HTTP status of an API server -> our error tree, with the server's own words. Pure."""

import json
from typing import Any

from govcloud_api import errors
from govcloud_kube import endings

_BY_STATUS: dict[int, type[errors.GovcloudError]] = {
    400: errors.InvalidSpec,
    401: errors.Forbidden,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: endings.Gone,
    422: errors.InvalidSpec,
}
_POLICY_MARK = "denied request: "


def error_for(status: int, body: bytes, what: str) -> errors.GovcloudError:
    """The error for an answer that is not 2xx; `what` says the verb and object, e.g. `apply Namespace a`."""
    kind = errors.Conflict if _is_another_object(body) else _BY_STATUS.get(status, errors.ApiUnavailable)
    return kind(f"{what}: {plain_message(body)} (HTTP {status})")


def plain_message(body: bytes) -> str:
    """The sentence in a metav1.Status; of an admission policy's refusal only the policy's own words."""
    text = _message(body)
    return text.rpartition(_POLICY_MARK)[2] if _POLICY_MARK in text else text


def _is_another_object(body: bytes) -> bool:
    """A uid that does not match is answered as HTTP 422 "metadata.uid: field is immutable"; it is a conflict."""
    causes = (_status(body).get("details") or {}).get("causes") or []
    return any(cause.get("field") == "metadata.uid" for cause in causes)


def _message(body: bytes) -> str:
    message = _status(body).get("message")
    return message if isinstance(message, str) else body[:200].decode(errors="replace").strip() or "no reason given"


def _status(body: bytes) -> dict[str, Any]:
    try:
        status: Any = json.loads(body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
