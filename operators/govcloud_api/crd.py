"""Model -> structural CustomResourceDefinition. `python -m govcloud_api.crd FOLDER` writes the files.

pydantic's JSON schema is not structural: `$ref` is inlined, titles go, `anyOf ... null` becomes an optional field.
Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from govcloud_api import labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_api.definitions.definition import Definition, Rule, Schema

_DROPPED = frozenset({"title", "additionalProperties", "default"})


def manifest(definition: Definition) -> Schema:
    """The CustomResourceDefinition of a kind."""
    kind = definition.kind
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": definition.plural,
        "singular": kind.lower(),
        "shortNames": [definition.short],
        "categories": ["govcloud"],
    }
    version = {
        "name": labels.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column.wire() for column in definition.columns],
        "schema": {"openAPIV3Schema": open_api_schema(definition)},
    }
    if definition.selectable:
        version["selectableFields"] = [{"jsonPath": f".{path}"} for path in definition.selectable]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{definition.plural}.{labels.GROUP}", "labels": {labels.MANAGED_BY: labels.MANAGER}},
        "spec": {"group": labels.GROUP, "scope": definition.scope, "names": names, "versions": [version]},
    }


def open_api_schema(definition: Definition) -> Schema:
    """Structural schema of the whole object, with its CEL rules."""
    source = definition.model.model_json_schema(by_alias=True, mode="validation")
    properties = source["properties"]
    spec = structural(properties["spec"], source.get("$defs", {}))
    status = structural(properties["status"], source.get("$defs", {}))
    _add_rules(spec, definition.spec_rules)
    for path, rules in definition.field_rules.items():
        _add_rules(_field(spec, path), rules)
    schema: Schema = {
        "type": "object",
        "description": source.get("description", ""),
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
    _add_rules(schema, definition.rules)
    return schema


def structural(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """One node of pydantic's schema as Kubernetes wants it; keeps defaults of plain values only."""
    node = _resolved(node, definitions)
    result = {key: value for key, value in node.items() if key not in _DROPPED}
    if isinstance(node.get("default"), (str, int)):
        result["default"] = node["default"]
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if result.pop("x-kubernetes-int-or-string", False):
        return _int_or_string(result)
    if "properties" in result:
        result["properties"] = {
            name: structural(child, definitions) for name, child in sorted(result["properties"].items())
        }
    if "items" in result:
        result["items"] = structural(result["items"], definitions)
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = structural(node["additionalProperties"], definitions)
    return result


def _resolved(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """`node` with its `$ref` followed and `anyOf [X, null]` read as an optional X."""
    if "anyOf" in node:
        real = [option for option in node["anyOf"] if option.get("type") != "null"]
        if len(real) != 1:
            raise ValueError(f"a structural schema cannot hold a union: {node}")
        node = real[0] | {key: value for key, value in node.items() if key != "anyOf"}
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        node = target | {key: value for key, value in node.items() if key != "$ref"}
        return _resolved(node, definitions)
    return node


def _int_or_string(node: Schema) -> Schema:
    kept = {key: value for key, value in node.items() if key != "type"}
    return kept | {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}


def _field(spec: Schema, path: str) -> Schema:
    """Schema of a field by its path, e.g. `web.variables[]`; `[]` means each item."""
    node = spec
    for step in path.split("."):
        node = node["properties"][step.removesuffix("[]")]
        node = node["items"] if step.endswith("[]") else node
    return node


def _add_rules(node: Schema, rules: tuple[Rule, ...]) -> None:
    if rules:
        node["x-kubernetes-validations"] = [dict(rule) for rule in rules]


def files() -> dict[str, str]:
    """File name -> YAML text of every CRD; the detour over JSON parts shared nodes, so that YAML has no aliases."""
    header = "# Generated from operators/govcloud_api by `make generate`; do not edit.\n"
    return {
        f"{labels.GROUP}_{definition.plural}.yaml": header
        + yaml.safe_dump(json.loads(json.dumps(manifest(definition))), sort_keys=False, width=120)
        for definition in DEFINITIONS
    }


def main(folder: Path) -> None:
    """Write every CRD into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
