"""Each bound of each field of each kind: met exactly it is accepted, missed by one it is refused by the API server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from govcloud_api import crd, errors, labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster, Object, ref_of
from support import apiserver, rewriting, samples, schema_cases

Change = Callable[[Object], None]
SCHEMAS = {definition.kind: crd.open_api_schema(definition) for definition in DEFINITIONS}
DECIDED_ELSEWHERE = ("spec.requestedBy-fits", "spec.decidedBy", "EnvironmentRequest-spec.type-fits")
"""Accepted values that admission or a rule across fields narrows further; the tests of those say what passes."""
STAMPED = ("spec.requestedBy-at least", "spec.decidedBy-at least")
"""Left empty, these are filled in."""
EXAMPLES = [schema_cases.changed(example, schema_cases.put("metadata.name", "bounds")) for example in samples.ALL]
"""Under a name that no other test writes: theirs may be waiting for their end."""
CASES = [
    case
    for example in EXAMPLES
    for case in schema_cases.of(example, SCHEMAS[example["kind"]])
    if not any(word in case.name for word in (STAMPED if case.refusal else DECIDED_ELSEWHERE))
]
NEEDED = {"ServiceOffering-spec.versions-fits-[]"}
INSIDE = [case for case in CASES if not case.refusal and case.name not in NEEDED]
OUTSIDE = [case for case in CASES if case.refusal]
DEFAULTS = {
    "Department": {
        "serviceTierRef": "standard",
        "maxDataClass": "internal",
        "costCentre": "",
        "entitlementWeight": 1,
        "suspended": False,
    },
    "ServiceTier": {"largestSize": "large", "replicasMin": 1, "priority": 100, "egress": "closed", "backupDays": 7},
    "WorkCalendar": {"timeZone": "UTC"},
    "ApprovalPolicy": {"priority": 0, "dueWorkDays": 5, "calendarRef": "default", "onOverdue": "Escalate"},
    "EnvironmentRequest": {"type": "Create"},
    "Approval": {"reason": ""},
    "Environment": {
        "tierRef": "standard",
        "dataClass": "internal",
        "deletionPolicy": "Delete",
        "legalHold": False,
        "suspended": False,
    },
    "ServiceOffering": {"description": "", "supportStatus": "Beta", "maxDataClass": "internal"},
    "ServiceInstance": {"upgradePolicy": "Automatic", "deletionProtection": True},
    "ServiceBinding": {"role": "rw", "rotationSeconds": 2592000, "reason": "", "revoked": False},
}


@pytest.fixture(scope="module")
def everyone(server: apiserver.ApiServer) -> dict[str, Cluster]:
    """Who writes a kind: the operator its Environments, here with every right, and the platform the rest."""
    writers = {kind: server.admin() for kind in SCHEMAS}
    return writers | {"Environment": server.connect(labels.OPERATOR_USER, "system:masters")}


def whole(obj: Object) -> Object:
    """The code of a department is its name too."""
    code = obj["spec"].get("code") if obj["kind"] == "Department" else None
    return obj | {"metadata": {"name": code}} if isinstance(code, str) and code else obj


@pytest.mark.parametrize("case", INSIDE, ids=lambda case: case.name)
def test_just_inside(everyone: dict[str, Cluster], case: schema_cases.Case) -> None:
    stored = everyone[case.obj["kind"]].create(whole(case.obj), dry_run=True)
    assert stored["spec"]


@pytest.mark.parametrize("case", OUTSIDE, ids=lambda case: case.name)
def test_just_outside(everyone: dict[str, Cluster], case: schema_cases.Case) -> None:
    with pytest.raises(errors.InvalidSpec) as refused:
        everyone[case.obj["kind"]].create(case.obj, dry_run=True)
    assert case.refusal in str(refused.value)


STATUS_CASES = [
    case
    for kind, schema in SCHEMAS.items()
    for case in schema_cases.of(
        {"kind": kind, "status": schema_cases.example(schema["properties"]["status"])}, schema, "status"
    )
]


@pytest.fixture(scope="module")
def stored(everyone: dict[str, Cluster], admin: Cluster, operator_name: Cluster) -> Iterator[dict[str, Object]]:
    """One object of every kind, for its status to be written."""
    found = {}
    for kind in SCHEMAS:
        example = next(obj for obj in samples.ALL if obj["kind"] == kind)
        found[kind] = everyone[kind].create(whole(schema_cases.changed(example, _status_name(kind))))
    yield found
    for kind, obj in found.items():
        (admin if kind in samples.EVIDENCE else operator_name).delete(ref_of(obj))


def _status_name(kind: str) -> Change:
    return schema_cases.put("spec.code" if kind == "Department" else "metadata.name", "with-status")


@pytest.mark.parametrize("case", STATUS_CASES, ids=lambda case: case.name)
def test_status(stored: dict[str, Object], operator_name: Cluster, case: schema_cases.Case) -> None:
    obj, status = stored[case.obj["kind"]], case.obj["status"]

    def write() -> None:
        rewriting.put(operator_name, obj, lambda live: live | {"status": status}, "/status")

    if not case.refusal:
        write()
        return
    with pytest.raises(errors.InvalidSpec) as refused:
        write()
    assert case.refusal in str(refused.value)


def test_every_kind_is_there() -> None:
    assert {example["kind"] for example in samples.ALL} == set(SCHEMAS)
    for kind, schema in SCHEMAS.items():
        used = [set(example["spec"]) for example in samples.ALL if example["kind"] == kind]
        assert set(schema["properties"]["spec"]["properties"]) == set(itertools.chain(*used)), kind


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_filled_in(everyone: dict[str, Cluster], kind: str) -> None:
    example = next(obj for obj in samples.ALL if obj["kind"] == kind)
    bare = schema_cases.changed(example, *[schema_cases.put(f"spec.{field}", None) for field in DEFAULTS[kind]])
    if kind == "ServiceBinding":
        del bare["spec"]["ttlSeconds"]  # what is temporary needs the reason that this takes away
    stored = everyone[kind].create(bare, dry_run=True)["spec"]
    assert {field: stored.get(field) for field in DEFAULTS[kind]} == DEFAULTS[kind]


def test_every_default_of_the_schemas_is_known() -> None:
    for kind, schema in SCHEMAS.items():
        fields = schema["properties"]["spec"]["properties"]
        found = {name: node["default"] for name, node in fields.items() if "default" in node}
        assert found == DEFAULTS.get(kind, {}), kind


def test_a_request_has_no_size_of_its_own(admin: Cluster) -> None:
    """The operator takes small when neither size nor quota is said; a default here would collide with a quota."""
    stored = admin.create(schema_cases.changed(samples.CREATE, schema_cases.put("spec.size", None)), dry_run=True)
    assert "size" not in stored["spec"]


def test_unknown_fields_are_not_stored(admin: Cluster) -> None:
    surprise = schema_cases.changed(samples.CREATE, schema_cases.put("spec.surprise", {"namespace": "kube-system"}))
    assert "surprise" not in admin.create(surprise, dry_run=True)["spec"]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.kind)
def test_short_names_and_the_category_are_served(admin: Cluster, definition: crd.Definition) -> None:
    document = admin.raw("GET", f"/apis/{labels.API_VERSION}").decode()
    assert f'"{definition.short}"' in document
    assert f'"{definition.plural}/status"' in document
    assert document.count('"categories":["govcloud"]') == len(DEFINITIONS)
