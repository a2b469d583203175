"""Does the world show what we want? Pure comparison of wire objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govcloud_api import quantity

_EXACT = frozenset({"podSelector", "namespaceSelector", "selector"})
"""Here a key more means something else: an extra label makes a policy apply to fewer pods."""
_QUANTITIES = frozenset({"hard", "default", "defaultRequest", "max", "min", "requests", "limits"})


def covers(live: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """True when every field of `wanted` is in `live` with the same value; lists must be equal item by item.

    Fields that the server added are ignored, quantities are compared by value (`1000m` is `1`).
    """
    if live is None:
        return False
    return all(_same(live.get(key), value, key) for key, value in wanted.items() if key != "status")


def _same(live: Any, wanted: Any, key: str) -> bool:
    if live == wanted:
        return True
    if key in _EXACT:
        return False
    if isinstance(wanted, dict):
        present = live if isinstance(live, dict) else None
        if present is None:
            return not wanted and live is None
        compare = _same_quantity if key in _QUANTITIES else _same
        return all(compare(present.get(name), value, name) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and _same_items(live, wanted, key)
    return False


def _same_items(live: list[Any], wanted: list[Any], key: str) -> bool:
    if key == "finalizers":
        return all(item in live for item in wanted)
    return len(live) == len(wanted) and all(_same(a, b, "") for a, b in zip(live, wanted, strict=True))


def _same_quantity(live: Any, wanted: Any, _key: str) -> bool:
    if live is None:
        return False
    return quantity.cpu_millicores(str(live)) == quantity.cpu_millicores(str(wanted))
