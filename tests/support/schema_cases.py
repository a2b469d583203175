"""From the schema of a kind: objects just inside each of its bounds, and objects just outside. Pure.

A case outside names the word with which the API server must refuse it, so that it cannot fail for another reason.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_kube import Object

Schema = dict[str, Any]
Path = tuple[str | int, ...]
LENGTHS = ("minLength", "maxLength")
_STEM = ("a", "1", "A", "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A changed example; `refusal` is empty when it must be accepted, else a piece of the API server's answer."""

    name: str
    obj: Object
    refusal: str = ""


def put(path: str, value: Any) -> Callable[[Object], None]:
    """Set a field by its dotted path; numbers are list indexes, None removes it, parents are made."""

    def change(obj: Object) -> None:
        *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        node: Any = obj
        for step in parents:
            node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
        if value is None:
            node.pop(last, None) if isinstance(node, dict) else node.pop(int(last))
        else:
            node[last] = value

    return change


def changed(obj: Object, *changes: Callable[[Object], None]) -> Object:
    """A deep copy with these changes."""
    copied = copy.deepcopy(obj)
    for change in changes:
        change(copied)
    return copied


def of(obj: Object, schema: Schema, section: str = "spec") -> Iterator[Case]:
    """Every case of one example. Fields that the example does not set are left out."""
    yield from _walk(obj, schema["properties"][section], (section,), obj[section])


def example(node: Schema) -> Any:
    """A small value that meets a schema; raises ValueError for a pattern that it has no text for."""
    if "enum" in node:
        return node["enum"][0]
    if node.get("x-kubernetes-int-or-string"):
        return "1"
    if "properties" in node:
        return {name: example(child) for name, child in node["properties"].items()}
    if "additionalProperties" in node:
        return {"cpu": example(node["additionalProperties"])}
    simple = {"integer": node.get("minimum", 0), "boolean": False}
    if node["type"] in simple:
        return simple[node["type"]]
    return [example(node["items"])] if node["type"] == "array" else _text(node)


def _text(node: Schema) -> str:
    lengths = range(node.get("minLength", 1), node["maxLength"] + 1)
    texts = (_of_length(node, 20 if node.get("format") == "date-time" else size) for size in lengths)
    if found := next(filter(None, texts), None):
        return found
    raise ValueError(f"no text is known for the pattern {node.get('pattern')}")


def _walk(obj: Object, node: Schema, path: Path, value: Any) -> Iterator[Case]:
    for refusal, wanted in _values(node, value):
        name = f"{obj['kind']}-{'.'.join(map(str, path))}-{refusal or 'fits'}-{_short(wanted)}"
        yield Case(name=name, obj=_with(obj, path, wanted), refusal=refusal)
    for field in node.get("required", []):
        name = f"{obj['kind']}-{'.'.join(map(str, path))}-without-{field}"
        yield Case(name=name, obj=_with(obj, (*path, field), None), refusal="Required value")
    for field, child in node.get("properties", {}).items():
        if isinstance(value, dict) and field in value:
            yield from _walk(obj, child, (*path, field), value[field])
    if "items" in node and value:
        yield from _walk(obj, node["items"], (*path, 0), value[0])


def _values(node: Schema, value: Any) -> Iterator[tuple[str, Any]]:
    """(refusal, value): every bound of one node met exactly and missed by one."""
    if "enum" in node:
        yield from (("", word) for word in node["enum"])
        yield "Unsupported value", "Other"
    elif node.get("type") == "string" or node.get("x-kubernetes-int-or-string"):
        yield from _texts(node, value)
    elif node.get("type") == "array":
        yield from _lists(node, value)
    elif "additionalProperties" in node:
        most, one = node["maxProperties"], example(node["additionalProperties"])
        yield "", {f"k{index}": one for index in range(most)}
        yield "at most", {f"k{index}": one for index in range(most + 1)}
    if node.get("type") == "boolean":
        yield from (("", True), ("", False), ("Invalid value", "yes"))
    if node.get("type") == "integer":
        yield "Invalid value", 1.5
    if "minimum" in node:
        yield from (("", node["minimum"]), ("greater than or equal to", node["minimum"] - 1))
    if "maximum" in node:
        yield from (("", node["maximum"]), ("less than or equal to", node["maximum"] + 1))


def _texts(node: Schema, value: Any) -> Iterator[tuple[str, str]]:
    if "maxLength" in node:
        if (longest := _of_length(node, node["maxLength"])) is not None:
            yield "", longest
        yield "Too long", "a" * (node["maxLength"] + 1)
    if node.get("minLength"):
        if (shortest := _of_length(node, node["minLength"])) is not None:
            yield "", shortest
        yield "at least", "a" * (node["minLength"] - 1)
    if "pattern" in node:
        yield "should match", " " + str(value)[1:]
    if node.get("format") == "date-time":
        yield "date-time", "tomorrow"


def _of_length(node: Schema, size: int) -> str | None:
    """A text of exactly this length that meets the pattern; None when there can be none or none is known."""
    hosts = ".".join(["a" * 63] * 4)[:size]
    prefixed = [stem + "a" * (size - len(stem)) for stem in ("/", "x:", "a:a")]
    pattern, moment = node.get("pattern", ""), node.get("format") == "date-time"
    candidates = [stem * size for stem in _STEM] + [hosts, *prefixed, "sha256:" + "0" * 64, "2030-01-01", "99.9999"]
    fitting = (text for text in candidates if len(text) == size and re.search(pattern, text))
    if moment:
        return "2030-01-01T00:00:00Z" if size == 20 else "2030-01-01T00:00:00.000000+00:00"
    return next(fitting, None)


def _lists(node: Schema, value: Any) -> Iterator[tuple[str, Any]]:
    most = node["maxItems"]
    yield "", [_numbered(value[0], index) for index in range(most)]
    yield "Too many", [_numbered(value[0], index) for index in range(most + 1)]
    if node.get("minItems"):
        yield "at least", [_numbered(value[0], index) for index in range(node["minItems"] - 1)]
    else:
        yield "", []


def _numbered(item: Any, index: int) -> Any:
    """The item under another name, for lists whose items differ by it."""
    key = next((key for key in ("name", "type", "rule") if isinstance(item, dict) and key in item), None)
    return item | {key: f"{item[key][:8]}{index}"} if key else item


def _with(obj: Object, path: Path, value: Any) -> Object:
    return changed(obj, put(".".join(map(str, path)), value))


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:8]}..{len(text)}"
