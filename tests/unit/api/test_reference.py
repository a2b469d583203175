"""The page of the kinds says what the API server is told."""

from pathlib import Path

import pytest

from govcloud_api import crd, reference
from govcloud_api.definitions import DEFINITIONS
from govcloud_api.definitions.definition import Definition
from govcloud_api.v1alpha1 import Department, EnvironmentRequest

ROOT = Path(__file__).parents[3]


def test_the_page_is_fresh():
    page = (ROOT / reference.PAGE).read_text(encoding="utf-8")
    assert page == reference.reference(), "run make generate"


def test_examples_are_valid():
    examples = reference.examples()
    assert Department.parse(examples["Department"]).spec.code == "tax"
    assert EnvironmentRequest.parse(examples["EnvironmentRequest"]).spec.product == "forms"


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.kind)
def test_every_field_has_a_row(definition: Definition):
    section = reference.reference().partition(f"\n## {definition.kind}\n")[2].partition("\n## ")[0]
    spec = crd.open_api_schema(definition)["properties"]["spec"]["properties"]
    assert [
        name for name in spec if f"| `spec.{name}` |" not in section and f"| `spec.{name}[]` |" not in section
    ] == []


def test_lists_of_maps_are_opened():
    item = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    schema = {"type": "object", "properties": {"people": {"type": "array", "items": item}}}
    assert [(path, needed) for path, _, needed in reference.fields(schema, "spec")] == [
        ("spec.people[]", False),
        ("spec.people[].name", True),
    ]
