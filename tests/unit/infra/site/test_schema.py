"""The JSON Schema and the reference page are those of the model, and agree with it about every site."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from govcloud_infra.paths import REPOSITORY
from govcloud_infra.site import load, reference, schema
from govcloud_infra.site.faults import SiteInvalid
from govcloud_infra.site.model import Site
from support.sites import LAB, LAB_HA, SITES, STATIC, written

SCHEMA = schema.schema()
VALIDATOR = Draft202012Validator(SCHEMA)
FILES = sorted(SITES.glob("*/site.yaml"))
EXAMPLE: dict[str, Any] = yaml.safe_load(STATIC.read_text())


def test_the_committed_schema_is_fresh() -> None:
    assert (REPOSITORY / schema.FILE).read_text() == schema.text(), "run make generate"


def test_the_reference_page_is_fresh() -> None:
    assert (REPOSITORY / reference.PAGE).read_text() == reference.reference(), "run make generate"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(schema.text())["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield from [node] if "properties" in node else []
        for child in node.values():
            yield from objects(child)


def test_every_map_is_closed_and_every_key_explained() -> None:
    found = list(objects(SCHEMA))
    assert len(found) > 10
    assert all(item["additionalProperties"] is False for item in found)
    keys = [(key, node) for item in found for key, node in item["properties"].items()]
    assert [key for key, node in keys if not node.get("description")] == []
    assert [key for key, _ in keys if "_" in key] == []


def test_the_examples_are_all_there() -> None:
    assert {LAB, LAB_HA, STATIC} <= set(FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_sites_fit_the_schema_and_point_to_it(file: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(file.read_text()))] == []
    first = file.read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / named).resolve() == REPOSITORY / schema.FILE


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_examples_ask_for_what_the_bundle_is_built_from(file: Path) -> None:
    recipe = yaml.safe_load((REPOSITORY / "infra/bundle/kubernetes/component.yaml").read_text())
    assert load.load(file).spec.kubernetes.version == recipe["version"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "nodes", 0, "colour"), "red"),
        (("spec", "nodes", 0, "role"), "master"),
        (("spec", "nodes", 0, "address"), 3221225995),
        (("spec", "nodes", 0, "address"), "192.0.2"),
        (("spec", "network", "podCidr"), "10.100.0.0/255.255.0.0"),
        (("spec", "network", "podCidr"), "10.100.0.0"),
        (("spec", "api", "port"), "8443"),
        (("spec", "api", "port"), True),
        (("spec", "api", "port"), 0),
        (("spec", "time", "maxSkewSeconds"), "2"),
        (("spec", "time", "maxSkewSeconds"), 0),
        (("spec", "etcd", "backup", "keep"), 1.5),
        (("spec", "security", "encryptionAtRest"), "none"),
        (("metadata", "name"), "Lab"),
        (("kind",), "Sites"),
    ],
)
def test_what_the_model_refuses_the_schema_refuses(path: tuple[str | int, ...], value: Any) -> None:
    data = changed(path, value)
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ValidationError):
        Site.model_validate(data)


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    data = copy.deepcopy(EXAMPLE)
    owner: Any = data
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = value
    return data


def places(value: Any, location: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*location, key)
        yield from places(child, (*location, key))


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70_000),
    st.floats(allow_nan=True),
    st.text(max_size=8),
    st.sampled_from(["control-plane", "static", "10.0.0.1", "10.0.0.0/24", "v1.2.3", "/srv", "a", "none"]),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
CHANGES = st.lists(st.tuples(st.sampled_from(list(places(EXAMPLE))), VALUES), min_size=1, max_size=3)


def mutated(changes: list[tuple[tuple[str | int, ...], Any]]) -> dict[str, Any]:
    """The example with values put in; a place that an earlier change took away is passed over."""
    data = copy.deepcopy(EXAMPLE)
    for path, value in changes:
        owner: Any = data
        for part in path[:-1]:
            known = isinstance(owner, dict) and part in owner
            listed = isinstance(owner, list) and isinstance(part, int) and part < len(owner)
            owner = owner[part] if known or listed else None
        if isinstance(owner, dict) or (isinstance(owner, list) and isinstance(path[-1], int) and path[-1] < len(owner)):
            owner[path[-1]] = value
    return data


@settings(max_examples=200)
@given(changes=CHANGES)
def test_what_the_model_takes_the_schema_takes(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    data = mutated(changes)
    try:
        Site.model_validate(data)
    except ValidationError:
        return
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


@settings(max_examples=80)
@given(changes=CHANGES)
def test_any_mutation_of_a_site_is_a_site_or_refused(
    changes: list[tuple[tuple[str | int, ...], Any]], folder: Path
) -> None:
    text = yaml.safe_dump(mutated(changes), allow_unicode=True)
    try:
        site = load.load(written(text, folder))
    except SiteInvalid:
        return
    plain = site.model_dump(mode="json", by_alias=True)
    assert Site.model_validate(plain) == site
    assert VALIDATOR.is_valid(plain)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("sites")
