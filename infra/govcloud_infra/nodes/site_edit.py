"""A node put into a site file, or taken out of it: lines of that node only, every other byte stays.

Pure but for `read` and `write`. What was meant is compared with what came out; a file in an uncommon form is refused,
never guessed at.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.site import source

_STEP = 2


def with_node(text: str, node: Mapping[str, str]) -> str:
    """`node` (keys as in the file) as the last of spec.nodes, in the form of the one before. Raises ConfigError."""
    nodes, lines = _nodes(text), text.splitlines(keepends=True)
    last, newline = nodes.value[-1], "\r\n" if "\r\n" in text else "\n"
    end = _last_line(last)
    if not lines[end].endswith(("\n", "\r")):
        lines[end] += newline
    lines[end] += "".join(f"{line}{newline}" for line in _written(node, nodes.start_mark.column, last))
    return _meant("".join(lines), [*_listed(text), dict(node)])


def without_node(text: str, name: str) -> str:
    """Without the lines of node `name`; the same text when there is no such node. Raises ConfigError."""
    listed = _listed(text)
    index = next((i for i, item in enumerate(listed) if item.get("name") == name), None)
    if index is None:
        return text
    nodes, lines = _nodes(text), text.splitlines(keepends=True)
    first, last = _first_line(lines, nodes, index), _last_line(nodes.value[index])
    return _meant("".join([*lines[:first], *lines[last + 1 :]]), [*listed[:index], *listed[index + 1 :]])


def node_in(text: str, name: str) -> dict[str, Any] | None:
    """The entry of node `name`, as it stands in the file."""
    return next((item for item in _listed(text) if item.get("name") == name), None)


def write(file: Path, text: str) -> None:
    """Whole or not at all, with the rights that the file has; a link stays one."""
    target = file.resolve()
    unfinished = target.with_name(f".{target.name}.new")
    with unfinished.open("w", encoding="utf-8", newline="") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.chmod(target.stat().st_mode & 0o7777)
    unfinished.replace(target)


def read(file: Path) -> str:
    """The text with its own line ends. Raises ConfigError."""
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text (byte {error.start})") from error


def _listed(text: str) -> list[dict[str, Any]]:
    data = source.parse(text.encode()).data
    found = data.get("spec", {}).get("nodes") if isinstance(data, dict) and isinstance(data.get("spec"), dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        raise ConfigError("the site file has no list of nodes; run: govcloud validate")
    return found


def _nodes(text: str) -> yaml.SequenceNode:
    _listed(text)
    spec = _value(yaml.compose(text, Loader=yaml.SafeLoader), "spec")
    nodes = _value(spec, "nodes")
    if not isinstance(nodes, yaml.SequenceNode) or nodes.flow_style:
        raise ConfigError("spec.nodes is written as [...]; write one node a line, or edit the file by hand")
    return nodes


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _written(node: Mapping[str, str], column: int, like: yaml.CollectionNode) -> list[str]:
    flow = bool(like.flow_style)
    text = yaml.safe_dump(dict(node), sort_keys=False, default_flow_style=flow, width=1000, allow_unicode=True)
    head, *rest = text.rstrip("\n").splitlines()
    return [f"{' ' * column}- {head}", *[f"{' ' * (column + _STEP)}{line}" for line in rest]]


def _first_line(lines: list[str], nodes: yaml.SequenceNode, index: int) -> int:
    line = nodes.value[index].start_mark.line
    while not lines[line][nodes.start_mark.column :].startswith("-"):
        line -= 1  # the dash may stand alone on a line before
    return int(line)


def _last_line(node: yaml.Node) -> int:
    # A block ends where the next thing begins; its last leaf says where its own text ends.
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line)


def _meant(text: str, wanted: list[dict[str, Any]]) -> str:
    if source.parse(text.encode()).data["spec"]["nodes"] != wanted:
        raise ConfigError("the list of nodes is written in a form that is not edited safely; edit the file by hand")
    return text
