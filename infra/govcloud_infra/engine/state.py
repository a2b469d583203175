"""The engine's state file, and what it needs after a run that was killed. Pure, but for `read`.

Format: `deployment` of `pulumi stack export` (apitype DeploymentV3): resources, how secrets are encrypted, and
operations that were under way. In the file it is `checkpoint.latest`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govcloud_api.errors import ConfigError

_STACK = "pulumi:pulumi:Stack"
_UNFINISHED = "unfinished"
# A property that is an object with this key is no plain value (sdk/go/common/resource/sig).
_SIGNATURE = "4dabf18193072939515e22adb298388d"


def read(file: Path) -> dict[str, Any]:
    """The deployment in a state file; empty for a stack that was never brought up. Raises ConfigError if it is none."""
    try:
        found = json.loads(file.read_bytes())
        return dict((found.get("checkpoint") or {}).get("latest") or {})
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"{file} is no state of the engine; put it back from the backup") from error


def salt(deployment: Mapping[str, Any]) -> str | None:
    """How its secrets are encrypted; None when no passphrase does."""
    providers = deployment.get("secrets_providers") or {}
    found: str | None = (providers.get("state") or {}).get("salt")
    return found


def outputs(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """What the program told, secrets as they are encrypted."""
    resources = deployment.get("resources") or []
    found = next((item.get("outputs") for item in resources if item["type"] == _STACK), None)
    return dict(found or {})


def is_secret(value: Any) -> bool:
    """Whether a value holds one that is encrypted, however deep."""
    if isinstance(value, dict):
        return _SIGNATURE in value or any(map(is_secret, value.values()))
    return isinstance(value, list) and any(map(is_secret, value))


def is_under_way(deployment: Mapping[str, Any]) -> bool:
    """Whether a run was killed between beginning an operation and noting its end."""
    return bool(deployment.get("pending_operations"))


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
