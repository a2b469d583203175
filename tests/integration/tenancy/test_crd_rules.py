"""Each rule across fields and each immutability of each kind, in the API server's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from govcloud_api import crd, errors, labels
from govcloud_api.definitions import DEFINITIONS
from govcloud_kube import Cluster, Object, ref_of
from support import apiserver, rewriting, samples, schema_cases, tenancy
from support.schema_cases import put

Change = Callable[[Object], None]
Row = tuple[Object, tuple[Change, ...], str]


def named(name: str) -> tuple[Change, ...]:
    """A Department with this name and code."""
    return put("metadata.name", name), put("spec.code", name)


def row(example: Object, message: str, *changes: Change) -> Row:
    """An example with changes; `message` is why it is refused, empty when it is accepted."""
    return example, changes, message


KEPT = "this code is kept for the cloud itself"
FOREIGN = "belong to Create and Change"
ROWS = [
    *[row(samples.DEPARTMENT, "", *named(name)) for name in ("ab", "a" * 20, "a-1", "dep", "kubes", "systems")],
    *[row(samples.DEPARTMENT, KEPT, *named(n)) for n in ("default", "dept", "govcloud", "kube", "system", "platform")],
    *[row(samples.DEPARTMENT, KEPT, *named(name)) for name in ("kube-x", "dept-x", "govcloud-x")],
    row(samples.DEPARTMENT, "metadata.name must equal spec.code", put("metadata.name", "other")),
    row(samples.SERVICE_TIER, "give the tier another name", put("metadata.name", "platform")),
    *[row(samples.SERVICE_TIER, "", put("metadata.name", name)) for name in ("platforms", "platform-a", "a-platform")],
    *[
        row(samples.DEPARTMENT, "", put("spec.quota.hard.memory", given))
        for given in (8, "500m", "1.5Gi", "1.123", "999999999999")
    ],
    *[
        row(samples.DEPARTMENT, "should match", put("spec.quota.hard.memory", given))
        for given in ("lots", "-1", "1e9", "1.1234", "1 Gi", "1Gib", "")
    ],
    *[row(samples.CREATE, "", *[put(f"spec.{field}", None)]) for field in ("size", "network", "lifetimeDays")],
    row(samples.CREATE, "Create names product and purpose", put("spec.product", None)),
    row(samples.CREATE, "Create names product and purpose", put("spec.purpose", None)),
    row(samples.CREATE, "Create names product and purpose", put("spec.environmentRef", "portal-sandbox")),
    *[row(one, "", put("spec.justification.tried", "")) for one in (samples.CHANGE, samples.EXTEND, samples.TRANSFER)],
    *[
        row(one, "every other type names environmentRef instead", put("spec.environmentRef", None))
        for one in (samples.CHANGE, samples.EXTEND, samples.TRANSFER, samples.DELETE)
    ],
    row(samples.DELETE, "every other type names environmentRef instead", put("spec.product", "portal")),
    row(samples.EXTEND, "every other type names environmentRef instead", put("spec.purpose", "sandbox")),
    row(samples.CREATE, "ask for a size or for a quota, not for both", put("spec.quota", samples.QUOTA)),
    row(samples.CREATE, "", put("spec.quota", samples.QUOTA), put("spec.size", None)),
    *[
        row(samples.DELETE, FOREIGN, put(f"spec.{field}", value))
        for field, value in {
            "size": "small",
            "quota": samples.QUOTA,
            "tierRef": "standard",
            "dataClass": "public",
            "members": samples.MEMBERS,
            "network": samples.NETWORK,
        }.items()
    ],
    row(samples.CHANGE, "a Change says what to change", put("spec.quota", None)),
    *[
        row(samples.CHANGE, "", put("spec.quota", None), put(f"spec.{field}", value))
        for field, value in {"size": "small", "tierRef": "basic", "dataClass": "public", "members": []}.items()
    ],
    row(samples.TRANSFER, "a Transfer names transferTo", put("spec.transferTo", None)),
    row(samples.DELETE, "a Transfer names transferTo", put("spec.transferTo", "health")),
    row(samples.EXTEND, "an Extend names lifetimeDays", put("spec.lifetimeDays", None)),
    row(samples.DELETE, "an Extend names lifetimeDays", put("spec.lifetimeDays", 30)),
    row(samples.CREATE, "", put("metadata.name", "n" * 63)),
    *[
        row(one, "the name has at most 63 characters", put("metadata.name", "n" * 64))
        for one in (samples.CREATE, samples.APPROVAL, samples.POLICY_EXEMPTION, samples.SERVICE_BINDING)
    ],
    row(samples.APPROVAL, "", put("spec.reason", "")),
    row(samples.APPROVAL, "", put("spec.verdict", "Deny"), put("spec.reason", "x" * 10)),
    row(samples.APPROVAL, "a denial needs a reason", put("spec.verdict", "Deny"), put("spec.reason", "x" * 9)),
    row(samples.APPROVAL_POLICY, "", put("spec.auto", None)),
    row(samples.APPROVAL_POLICY, "", put("spec.require", None)),
    row(samples.APPROVAL_POLICY, "names at least one required", put("spec.auto", None), put("spec.require", [])),
    row(
        samples.APPROVAL_POLICY,
        "names at least one required",
        put("spec.auto.always", False),
        put("spec.require", None),
    ),
    row(samples.SERVICE_OFFERING, "", put("spec.driver", "web"), put("spec.versions", [])),
    row(samples.SERVICE_OFFERING, "an offering names the versions that it has", put("spec.versions", [])),
    row(
        samples.SERVICE_OFFERING,
        "two plans have the same name",
        put("spec.plans", [samples.SERVICE_OFFERING["spec"]["plans"][0]] * 2),
    ),
    row(samples.SERVICE_OFFERING, "", put("spec.versions.0.default", True)),
    row(
        samples.SERVICE_OFFERING,
        "at most one version is the default",
        put("spec.versions", [{"version": v, "image": f"a:{v}", "default": True} for v in ("1", "2")]),
    ),
    *[row(samples.SERVICE_OFFERING, "should match", put("spec.versions.0.image", name)) for name in ("a", "A:1", ":1")],
    row(samples.SERVICE_OFFERING, "should match", put("spec.versions.0.helperImage", "a")),
    row(samples.SERVICE_INSTANCE, "", put("metadata.name", "d" * 40)),
    *[
        row(samples.SERVICE_INSTANCE, "at most 40 characters and begins with a letter", put("metadata.name", name))
        for name in ("d" * 41, "1db", "d.b")
    ],
    row(samples.SERVICE_INSTANCE, "", put("spec.web.minReplicas", 3), put("spec.web.maxReplicas", 3)),
    row(
        samples.SERVICE_INSTANCE,
        "minReplicas is more than maxReplicas",
        put("spec.web.minReplicas", 4),
        put("spec.web.maxReplicas", 3),
    ),
    *[
        row(
            samples.SERVICE_INSTANCE,
            "a variable has a value, or secretName and secretKey",
            put("spec.web.variables", [v]),
        )
        for v in (
            {"name": "A"},
            {"name": "A", "secretName": "s"},
            {"name": "A", "secretKey": "k"},
            {"name": "A", "value": "v", "secretName": "s", "secretKey": "k"},
        )
    ],
    *[row(samples.SERVICE_INSTANCE, "", put("spec.web.healthPath", path)) for path in ("/", "/a-b/c_d.~")],
    *[
        row(samples.SERVICE_INSTANCE, "should match", put("spec.web.healthPath", path))
        for path in ("", "healthz", "/a b", "/`id`", "/a?b=c")
    ],
    *[
        row(samples.SERVICE_INSTANCE, "should match", put("spec.web.host", host))
        for host in (
            "Portal.example.org",
            "*.example.org",
            "a..b",
            "-a.org",
            "a" * 64,
            "xn—a.org",
            "\u0430.example.org",
        )
    ],
    row(samples.SERVICE_BINDING, "", put("spec.reason", "x" * 10)),
    row(samples.SERVICE_BINDING, "", put("spec.reason", None), put("spec.ttlSeconds", None)),
    row(samples.SERVICE_BINDING, "temporary credentials need a reason", put("spec.reason", "x" * 9)),
    row(samples.SERVICE_BINDING, "temporary credentials need a reason", put("spec.reason", None)),
    *[
        row(samples.WORK_CALENDAR, "should match", put("spec.extraWorkDays", [day]))
        for day in ("2030-1-1", "2030-13-01", "2030-01-32", "30-01-01", "x")
    ],
    *[row(samples.SERVICE_TIER, "", put("spec.objectives.availabilityPercent", text)) for text in ("0", "99", "100")],
    *[
        row(samples.SERVICE_TIER, "should match", put("spec.objectives.availabilityPercent", text))
        for text in ("101", "99.", "99.12345", "-1", ".9")
    ],
]
FINAL = {
    "a request cannot be changed": (samples.CREATE, put("spec.size", "large"), put("metadata.labels", {"a": "b"})),
    "a decision cannot be changed": (samples.APPROVAL, put("spec.verdict", "Deny"), put("metadata.labels", {"a": "b"})),
    "an exemption cannot be changed": (
        samples.POLICY_EXEMPTION,
        put("spec.expiresAt", "2031-01-01T00:00:00Z"),
        put("metadata.labels", {"a": "b"}),
    ),
    "a department's code never changes": (
        schema_cases.changed(samples.DEPARTMENT, *named("final")),
        put("spec.code", "other"),
        put("spec.displayName", "Another name"),
    ),
    "an environment keeps its product": (samples.ENVIRONMENT, put("spec.product", "b"), put("spec.size", "large")),
    "an environment keeps its purpose": (samples.ENVIRONMENT, put("spec.purpose", "test"), put("spec.quota.pods", 1)),
    "an instance keeps its offering": (
        samples.SERVICE_INSTANCE,
        put("spec.offeringRef", "valkey"),
        put("spec.plan", "large"),
    ),
    "where an instance started from never changes": (
        samples.SERVICE_INSTANCE,
        put("spec.restoreFrom", None),
        put("spec.version", "17.3"),
    ),
    "a binding cannot be changed": (samples.SERVICE_BINDING, put("spec.role", "admin"), put("spec.revoked", True)),
    "a revoked binding stays revoked": (
        schema_cases.changed(samples.SERVICE_BINDING, put("spec.revoked", True)),
        put("spec.revoked", False),
        put("metadata.labels", {"a": "b"}),
    ),
}
BINDING_FIXED = [
    put("spec.instanceRef", "other"),
    put("spec.rotationSeconds", 7200),
    put("spec.ttlSeconds", 7200),
    put("spec.ttlSeconds", None),
    put("spec.requestedBy", "minister"),
    put("spec.requestedBy", None),
]


@pytest.fixture(scope="module")
def everyone(server: apiserver.ApiServer) -> dict[str, Cluster]:
    """Who writes a kind: the operator its Environments, here with every right, and the platform the rest."""
    writers = {definition.kind: server.admin() for definition in DEFINITIONS}
    return writers | {"Environment": server.connect(labels.OPERATOR_USER, "system:masters")}


@pytest.mark.parametrize(("example", "changes", "message"), ROWS)
def test_a_rule(everyone: dict[str, Cluster], example: Object, changes: tuple[Change, ...], message: str) -> None:
    obj = schema_cases.changed(example, *changes)
    writer = everyone[obj["kind"]]
    if not message:
        assert writer.create(obj, dry_run=True)["spec"]
        return
    with pytest.raises(errors.InvalidSpec) as refused:
        writer.create(obj, dry_run=True)
    assert message in str(refused.value)


@pytest.mark.parametrize("message", FINAL)
def test_what_never_changes(everyone: dict[str, Cluster], message: str) -> None:
    example, forbidden, allowed = FINAL[message]
    writer = everyone[example["kind"]]
    stored = created(writer, example)
    try:
        rewriting.put(writer, stored, lambda live: schema_cases.changed(live, allowed))
        with pytest.raises(errors.InvalidSpec) as refused:
            rewriting.put(writer, stored, lambda live: schema_cases.changed(live, forbidden))
        assert message in str(refused.value)
    finally:
        remove(writer, stored)


@pytest.mark.parametrize("change", BINDING_FIXED)
def test_nothing_of_a_binding_changes_but_revoked(admin: Cluster, change: Change) -> None:
    stored = created(admin, samples.SERVICE_BINDING)
    try:
        with pytest.raises(errors.InvalidSpec, match="cannot be changed, only revoked"):
            rewriting.put(admin, stored, lambda live: schema_cases.changed(live, change))
    finally:
        admin.delete(ref_of(stored))


def test_every_rule_of_the_schemas_is_tried() -> None:
    tried = [message for _, _, message in ROWS if message] + list(FINAL)
    for definition in DEFINITIONS:
        for rule in rules(crd.open_api_schema(definition)):
            assert any(words in rule["message"] for words in tried), f"{definition.kind}: {rule['message']}"


def rules(node: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Every CEL rule below a node of a schema."""
    yield from node.get("x-kubernetes-validations", [])
    for child in [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]:
        yield from rules(child)


def created(writer: Cluster, example: Object) -> Object:
    """An operator that runs beside may still be at the one before of that name: it is waited for."""
    made: Object = tenancy.eventually(lambda: writer.create(example), f"room for a {example['kind']}")
    return made


def remove(writer: Cluster, stored: Object) -> None:
    """Delete it, protected or not."""
    if stored["kind"] == "ServiceInstance":
        merge = {"spec": {"deletionProtection": False}}
        path = f"/apis/{labels.API_VERSION}/namespaces/default/serviceinstances/{stored['metadata']['name']}"
        writer.raw("PATCH", path, merge, "application/merge-patch+json")
    writer.delete(ref_of(stored))
