"""YAML text to plain values, with the place of each; refuses what a site file never needs.

Anchors, aliases, tags, several documents, deep nesting and large files are refused before anything is built
from them, so a hostile file (an "alias bomb") costs one pass over at most 256 KiB.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from govcloud_infra.site.faults import Fault, Location, dotted

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_AS_TEXT = "tag:yaml.org,2002:timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Plain values and, for each location, its line and column (from 1)."""

    data: Any = None
    marks: dict[Location, tuple[int, int]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def at(self, location: Location) -> tuple[int, int]:
        """Place of the nearest known ancestor of `location`."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.marks:
                return self.marks[location[:end]]
        return (1, 1)


def parse(raw: bytes) -> Source:
    """Read one YAML document; never raises, faults are in the result."""
    text, fault = _decode(raw)
    if fault:
        return Source(faults=(fault,))
    try:
        refused = tuple(_refusals(text))
        if refused:
            return Source(faults=refused)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        place = _place_after(text[: error.position])
        return Source(faults=(_at(place, f"not YAML: character {chr(error.character)!r} is not allowed"),))
    except yaml.MarkedYAMLError as error:
        return Source(faults=(_marked(error),))
    if root is None:
        return Source(faults=(_at((1, 1), "the file is empty; `sites/lab/site.yaml` shows what belongs here"),))
    builder = _Builder()
    data = builder.value(root, ())
    return Source(data=data, marks=builder.marks, faults=tuple(builder.faults))


def _decode(raw: bytes) -> tuple[str, Fault | None]:
    if len(raw) > MAX_BYTES:
        return "", _at((1, 1), f"the file has more than {MAX_BYTES} bytes; is it the right file?")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_after(raw[: error.start].decode("utf-8"))
        return "", _at(place, f"not UTF-8 text (byte {error.start}); a site file is YAML")
    before, nul, _ = text.partition("\0")
    return text, _at(_place_after(before), "holds NUL bytes; a site file is YAML text") if nul else None


def _place_after(text: str) -> tuple[int, int]:
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _marked(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Fault(line=line, column=column, path="", message=f"not YAML: {error.problem or error.context}")


def _refusals(text: str) -> Iterator[Fault]:
    depth, documents = 0, 0
    for event in _events(text):
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield _at(place, "anchors and aliases are not allowed; write the value out")
            return
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield _at(place, "a second document starts here; one file describes one site")
                return
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            yield _at(place, f"nested more than {MAX_DEPTH} levels deep")
            return


def _events(text: str) -> Iterator[yaml.Event]:
    loader: Any = yaml.SafeLoader(text)  # its event methods have no types
    try:
        while loader.check_event():
            yield loader.get_event()
    except (ValueError, OverflowError) as error:
        # PyYAML hands an escape such as "\UFFFFFFFF" to chr() as it stands.
        problem = "an escape in quoted text stands for no character"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=loader.get_mark()) from error


def _at(place: tuple[int, int], message: str) -> Fault:
    return Fault(line=place[0], column=place[1], path="", message=message)


class _Builder:
    """Walks the composed nodes once, so that each value keeps its place."""

    def __init__(self) -> None:
        self.marks: dict[Location, tuple[int, int]] = {}
        self.faults: list[Fault] = []

    def value(self, node: yaml.Node, location: Location) -> Any:
        self.marks[location] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if node.tag not in _PLAIN_TAGS and node.tag != _AS_TEXT:
            self._fault(node, location, f"tag {node.tag} is not allowed here; use text, numbers, lists and maps")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*location, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, location) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            if not key or not key.isprintable():  # what cannot be printed would steer the terminal that shows faults
                self._fault(key_node, location, "a key is plain text")
                continue
            if key in result:
                self._fault(key_node, (*location, key), "stands twice; keep one")
            result[key] = self.value(value_node, (*location, key))
            self.marks[*location, key] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode, location: Location) -> Any:
        if node.tag == _AS_TEXT:
            return node.value
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (ValueError, LookupError, yaml.YAMLError):  # `!!bool maybe` is a KeyError to PyYAML
            self._fault(node, location, f"cannot be read: {node.value[:40]!r}")
            return None

    def _fault(self, node: yaml.Node, location: Location, message: str) -> None:
        mark = node.start_mark
        self.faults.append(Fault(line=mark.line + 1, column=mark.column + 1, path=dotted(location), message=message))
