"""What an event about an object brings into the queue, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api.objects import Object
from govcloud_operators import rooms
from govcloud_operators.keys import Key
from support import samples

HOME, WORK = "dept-tax", "tax-portal-prod"


def touched(kind: str, obj: Object, type_: str | None = "MODIFIED") -> list[Key]:
    room = next(room for room in rooms.ROOMS if room.kind == kind)
    return [key for key in room.touched(type_, obj) if key.name]


def seen(namespace: str | None, *, status: dict[str, Any] | None = None, **spec: Any) -> Object:
    metadata = {"name": "it", "generation": 2} | ({"namespace": namespace} if namespace else {})
    return {"metadata": metadata, "spec": spec, "status": status or {}}


@pytest.mark.parametrize(
    ("kind", "obj", "keys"),
    [
        (
            "Department",
            seen(None, serviceTierRef="gold"),
            [("Department", None, "it"), ("DepartmentFanOut", None, "it"), ("ServiceTier", None, "gold")],
        ),
        (
            "Environment",
            seen(HOME, requestRef={"name": "first"}, departmentRef="tax"),
            [("Environment", HOME, "it"), ("EnvironmentRequest", HOME, "first"), ("Department", None, "tax")],
        ),
        ("EnvironmentRequest", seen(HOME, status={"phase": "PolicyChecked"}), [("EnvironmentRequest", HOME, "it")]),
        (
            "EnvironmentRequest",
            seen(HOME, status={"phase": "Ready"}, environmentRef="portal", transferTo="roads"),
            [
                ("EnvironmentRequest", HOME, "it"),
                ("EnvironmentRequestFanOut", HOME, "portal"),
                ("Department", None, "roads"),
            ],
        ),
        (
            "Approval",
            seen(HOME, requestRef={"kind": "PolicyExemption", "namespace": HOME, "name": "x"}),
            [("Approval", HOME, "it"), ("PolicyExemption", HOME, "x")],
        ),
        ("Approval", seen(HOME, requestRef={"kind": "Secret", "name": "x"}), [("Approval", HOME, "it")]),
        (
            "PolicyExemption",
            seen(HOME, environmentRef="x"),
            [("PolicyExemption", HOME, "it"), ("Environment", HOME, "x")],
        ),
        ("ApprovalPolicy", seen(None), [("ApprovalPolicy", None, "it"), ("ApprovalPolicyFanOut", None, "all")]),
        ("WorkCalendar", seen(None), [("WorkCalendar", None, "it"), ("WorkCalendarFanOut", None, "all")]),
        ("ServiceTier", seen(None), [("ServiceTier", None, "it")]),
        (
            "ServiceOffering",
            seen(None, status={"observedGeneration": 1}),
            [("ServiceOffering", None, "it"), ("ServiceOfferingFanOut", None, "it")],
        ),
        ("ServiceOffering", seen(None, status={"observedGeneration": 2}), [("ServiceOffering", None, "it")]),
        (
            "ServiceInstance",
            seen(WORK, offeringRef="postgresql"),
            [
                ("ServiceInstance", WORK, "it"),
                ("ServiceInstanceFanOut", WORK, "it"),
                ("ServiceOffering", None, "postgresql"),
            ],
        ),
        ("ServiceBinding", seen(WORK, instanceRef="db"), [("ServiceBinding", WORK, "it")]),
    ],
)
def test_a_change_is_looked_at_and_so_is_what_reads_it(
    kind: str, obj: Object, keys: list[tuple[str, str | None, str]]
) -> None:
    assert touched(kind, obj) == keys


def test_who_waits_for_the_end_of_a_binding_is_woken_by_it() -> None:
    assert Key("ServiceInstance", WORK, "db") in touched("ServiceBinding", seen(WORK, instanceRef="db"), "DELETED")


def test_a_request_that_is_gone_is_not_looked_at_but_the_next_in_line_is() -> None:
    obj = seen(HOME, status={"phase": "PolicyChecked"}, environmentRef="portal")
    assert touched("EnvironmentRequest", obj, "DELETED") == [Key("EnvironmentRequestFanOut", HOME, "portal")]


@pytest.mark.parametrize("example", samples.ALL, ids=lambda obj: str(obj["kind"]))
@pytest.mark.parametrize("type_", [None, "ADDED", "MODIFIED", "DELETED"])
def test_whatever_the_api_server_stores_is_understood(example: Object, type_: str | None) -> None:
    assert all(isinstance(key, Key) for key in touched(example["kind"], example, type_))
