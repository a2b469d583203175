"""The CRDs: fresh, structural, and bounded everywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api import crd

FOLDER = Path(__file__).parents[3] / "operators" / "crds"


def nodes(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


ALL_NODES = [
    (f"{definition.kind}{path}", node)
    for definition in crd.DEFINITIONS
    for path, node in nodes(crd.open_api_schema(definition))
    if path not in (".apiVersion", ".kind", ".metadata")
]


def test_the_files_are_fresh() -> None:
    on_disk = {path.name: path.read_text() for path in FOLDER.glob("*.yaml")}
    assert on_disk == crd.files(), "the CRDs do not match the models: run make generate"


@pytest.mark.parametrize(("path", "node"), ALL_NODES, ids=[path for path, _ in ALL_NODES])
def test_every_field_is_bounded(path: str, node: dict[str, Any]) -> None:
    if node.get("type") == "string":
        assert "maxLength" in node or "enum" in node, f"{path}: a string without a limit"
    if node.get("type") == "array":
        assert "maxItems" in node, f"{path}: a list without a limit"
    if node.get("x-kubernetes-int-or-string"):
        assert "maxLength" in node, f"{path}: a quantity without a limit"
    if "additionalProperties" in node:
        assert "maxProperties" in node, f"{path}: a map without a limit"
        assert "properties" not in node, f"{path}: fields and a map at once"
    if node.get("type") == "integer" and ".spec" in path:
        assert {"minimum", "maximum"} <= node.keys(), f"{path}: a number without a limit"
    assert not {"$ref", "title", "$defs", "const", "exclusiveMinimum"} & node.keys()
    assert "x-kubernetes-preserve-unknown-fields" not in node, f"{path}: takes anything"


@pytest.mark.parametrize(("path", "node"), ALL_NODES, ids=[path for path, _ in ALL_NODES])
def test_no_spec_points_into_another_namespace(path: str, node: dict[str, Any]) -> None:
    if ".spec" in path and path != "Approval.spec.requestRef":
        assert "namespace" not in node.get("properties", {}), f"{path}: a reference may not name a namespace"


def test_an_approval_reads_elsewhere_and_gives_nothing() -> None:
    """The one reference with a namespace: platform and receivers decide in a namespace of their own."""
    reference = crd.open_api_schema(next(d for d in crd.DEFINITIONS if d.kind == "Approval"))
    fields = reference["properties"]["spec"]["properties"]["requestRef"]
    assert {"namespace", "name", "uid", "specHash"} <= set(fields["required"])


@pytest.mark.parametrize("name", sorted(crd.files()))
def test_yaml_has_no_aliases(name: str) -> None:
    text = crd.files()[name]
    assert "&id" not in text
    version = yaml.safe_load(text)["spec"]["versions"][0]
    assert version["subresources"] == {"status": {}}


def test_unions_are_refused() -> None:
    with pytest.raises(ValueError, match="union"):
        crd.structural({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {})
