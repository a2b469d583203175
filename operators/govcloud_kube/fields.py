"""Server-side apply on plain values: who owns which field, how an apply merges. Pure.

A path is a tuple of keys. Items of associative lists are named `[key=value]`, so two managers can own different
items of `status.conditions`. Lists that are not named here are owned as one value, as in Kubernetes' atomic lists.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]

MERGE_KEYS: dict[str, str] = {
    "conditions": "type",
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ownerReferences": "uid",
}
SETS = frozenset({"finalizers"})


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all fields that an apply of `value` owns."""
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and path and path[-1] in MERGE_KEYS:
        for item in value:
            yield from leaves(item, (*path, _item_name(path[-1], item)))
    elif isinstance(value, list) and path and path[-1] in SETS:
        for item in value:
            yield (*path, f"[={item}]")
    else:
        yield path


def merged(live: Any, wanted: Any, name: str = "") -> Any:
    """`live` with the fields of `wanted` laid over it; `name` is the key that holds the value."""
    if isinstance(wanted, Mapping) and wanted and isinstance(live, Mapping):
        return {**live, **{key: merged(live.get(key), child, key) for key, child in wanted.items()}}
    if isinstance(wanted, list) and name in SETS:
        return [*(live or []), *(item for item in wanted if item not in (live or []))]
    if isinstance(wanted, list) and name in MERGE_KEYS:
        return _merged_items(live or [], wanted, name)
    return wanted


def without(value: Any, path: Path) -> Any:
    """`value` with the field at `path` gone, and every map or item that became empty by it."""
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return _without_item(value, head, rest)
    if not isinstance(value, Mapping) or head not in value:
        return value
    if not rest:
        return {key: child for key, child in value.items() if key != head}
    child = without(value[head], rest)
    kept = {key: old for key, old in value.items() if key != head}
    return kept if child in ({}, []) else {**kept, head: child}


def removal_order(paths: Iterable[Path]) -> list[Path]:
    """Deepest first; the field that names an item of an associative list after the item's other fields."""
    return sorted(paths, key=lambda path: (-len(path), len(path) > 1 and path[-2].startswith(f"[{path[-1]}=")))


def at(value: Any, path: Path) -> Any:
    """The value at `path`, None when there is none."""
    for step in path:
        if isinstance(value, list):
            value = next((item for item in value if _matches(item, step)), None)
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value


def _item_name(list_name: str, item: Mapping[str, Any]) -> str:
    key = MERGE_KEYS[list_name]
    return f"[{key}={item.get(key)}]"


def _matches(item: Any, name: str) -> bool:
    key, _, value = name[1:-1].partition("=")
    return bool(str(item) == value) if not key else str(item.get(key)) == value


def _merged_items(live: list[Any], wanted: list[Any], name: str) -> list[Any]:
    by_name = {_item_name(name, item): item for item in live}
    for item in wanted:
        by_name[_item_name(name, item)] = merged(by_name.get(_item_name(name, item), {}), item)
    return list(by_name.values())


def _without_item(items: list[Any], head: str, rest: Path) -> list[Any]:
    kept = []
    for item in items:
        if not _matches(item, head):
            kept.append(item)
        elif rest and (left := without(item, rest)):
            kept.append(left)
    return kept
