"""What a killed run left in the engine's state: nothing is under way, nothing that may exist is forgotten."""

from typing import Any

import pytest

from govcloud_infra.engine.state import recovered

STACK = {"urn": "urn:s", "type": "pulumi:pulumi:Stack", "custom": False}
BRIDGE = {
    "urn": "urn:b",
    "type": "govcloud:infra:Network",
    "custom": True,
    "inputs": {"bridge": "gc"},
    "parent": "urn:s",
}
DONE = {**BRIDGE, "id": "gc", "outputs": {"bridge": "gc"}}


def state(resources: list[dict[str, Any]], *pending: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    operations = [{"resource": resource, "type": kind} for kind, resource in pending]
    return {"manifest": {"version": "v3"}, "resources": resources, "pending_operations": operations}


def test_what_was_being_made_counts_as_made() -> None:
    found = recovered(state([STACK], ("creating", BRIDGE)))
    made = {**BRIDGE, "id": "unfinished", "outputs": {"bridge": "gc"}}
    assert found == {"manifest": {"version": "v3"}, "resources": [STACK, made]}


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("updating", DONE),
        ("deleting", DONE),
        ("reading", DONE),
        ("creating", DONE),
        ("creating", {"urn": "urn:c", "type": "govcloud:site:Site", "custom": False}),
        ("creating", {"urn": "urn:p", "type": "pulumi:providers:govcloud", "custom": True}),
    ],
)
def test_every_other_operation_is_dropped(kind: str, resource: dict[str, Any]) -> None:
    assert recovered(state([STACK, DONE], (kind, resource)))["resources"] == [STACK, DONE]


@pytest.mark.parametrize("whole", [{}, {"resources": [STACK]}, state([STACK, DONE]), {"resources": None}])
def test_a_state_without_operations_stays_as_it_is(whole: dict[str, Any]) -> None:
    assert recovered(whole) == whole
