"""Where environments are, and what their pods and volumes reserve, as their quotas count it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from govcloud_kube.cluster import Object

RESOURCES = {"cpu": "requests.cpu", "memory": "requests.memory", "storage": "requests.storage"}
"""By the name that a ResourceQuota has for it."""


def reserved(environment: Object) -> dict[str, str]:
    """What pods and volumes of an Environment reserve now; empty while nobody counted."""
    counted = ((environment.get("status") or {}).get("quota") or {}).get("used") or {}
    return {name: str(counted[key]) for name, key in RESOURCES.items() if key in counted}


def is_counted(environment: Object) -> bool:
    """Whether it is known what all of an Environment's resources reserve."""
    return len(reserved(environment)) == len(RESOURCES)


def namespaces(environments: Iterable[Object]) -> list[str]:
    """Those of all Environments that have one."""
    statuses = (item.get("status") or {} for item in environments)
    return [str(status["namespace"]) for status in statuses if status.get("namespace")]
