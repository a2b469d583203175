"""The engine's state after a run that was killed. Pure.

Format: `deployment` of `pulumi stack export` (apitype DeploymentV3): resources, and operations that were under way.
"""

from collections.abc import Mapping
from typing import Any

_UNFINISHED = "unfinished"


def recovered(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The same state with nothing under way.

    A creation that had begun counts as done. Our kinds look at the world before they act: what was not made after all
    is found missing, and what was made is neither forgotten by `destroy` nor in the way of `up`.
    """
    resources = deployment.get("resources") or []
    known = {item["urn"] for item in resources}
    pending = deployment.get("pending_operations") or []
    begun = [item["resource"] for item in pending if item["type"] == "creating"]
    made = [_made(item) for item in begun if _is_ours(item) and item["urn"] not in known]
    settled = {key: value for key, value in deployment.items() if key != "pending_operations"}
    return {**settled, "resources": [*resources, *made]} if pending else dict(deployment)


def _made(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {**resource, "id": resource.get("id") or _UNFINISHED, "outputs": resource.get("inputs") or {}}


def _is_ours(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("custom")) and str(resource["type"]).startswith("govcloud:")
