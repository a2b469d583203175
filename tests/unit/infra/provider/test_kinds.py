"""Bridge, lab machine and endpoint: what counts as a change, what is replaced, which inputs are needed."""

from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import InvalidSpec
from govcloud_infra.provider.endpoint import EndpointKind
from govcloud_infra.provider.kind import Change, Kind, compare
from govcloud_infra.provider.machine import MachineKind
from govcloud_infra.provider.network import NetworkKind

NETWORK = {"bridge": "gct-none", "address": "192.0.2.1/24"}
MACHINE = {
    "site": "lab", "name": "w1", "address": "192.0.2.12/24", "gateway": "192.0.2.1", "bridge": "gct-none",
    "authorizedKey": "ssh-ed25519 A", "rootfsSha256": "ab", "state": "/s", "cache": "/c", "power": "on",
}  # fmt: skip
ENDPOINT: dict[str, Any] = {
    "site": "lab", "host": "192.0.2.10", "port": 8443, "routerId": 7, "members": ["192.0.2.11"],
}  # fmt: skip
URL = "https://192.0.2.10:8443"


def ignore(_text: str) -> None:
    pass


@pytest.mark.parametrize(("kind", "inputs"), [(NetworkKind(), NETWORK), (MachineKind(), MACHINE)])
def test_every_input_is_needed(kind: Kind, inputs: dict[str, str]) -> None:
    assert kind.faults(inputs) == []
    for key in inputs:
        assert kind.faults({**inputs, key: ""}) == [(key, "is needed")]
        assert kind.faults({name: value for name, value in inputs.items() if name != key}) == [(key, "is needed")]


@pytest.mark.parametrize(("kind", "inputs"), [(NetworkKind(), NETWORK), (MachineKind(), MACHINE)])
def test_what_is_as_wished_has_no_change(kind: Kind, inputs: dict[str, str]) -> None:
    assert list(kind.changes({**inputs, "hostKey": "k"}, inputs)) == []


@pytest.mark.parametrize(
    ("kind", "inputs", "key", "replace"),
    [
        (NetworkKind(), NETWORK, "bridge", True),
        (NetworkKind(), NETWORK, "address", False),
        (MachineKind(), MACHINE, "site", True),
        (MachineKind(), MACHINE, "name", True),
        (MachineKind(), MACHINE, "state", True),
        (MachineKind(), MACHINE, "power", False),
        (MachineKind(), MACHINE, "authorizedKey", False),
        (MachineKind(), MACHINE, "cache", False),
        (MachineKind(), MACHINE, "address", False),
        (EndpointKind(), ENDPOINT, "site", True),
        (EndpointKind(), ENDPOINT, "host", False),
        (EndpointKind(), ENDPOINT, "port", False),
        (EndpointKind(), ENDPOINT, "routerId", False),
        (EndpointKind(), ENDPOINT, "members", False),
    ],
)
def test_a_change_of_identity_replaces(kind: Kind, inputs: dict[str, str], key: str, replace: bool) -> None:
    found = list(kind.changes({**inputs, "url": URL, key: "before"}, inputs))
    assert found == [Change(path=key, action="update", replace=replace)]


def test_a_machine_keeps_the_system_it_was_installed_from() -> None:
    kind = MachineKind()
    assert list(kind.changes({**MACHINE, "rootfsSha256": "older"}, MACHINE)) == []
    kept = kind.update({**MACHINE, "rootfsSha256": "older", "hostKey": "k"}, MACHINE, ignore, preview=True)
    assert kept == {"rootfsSha256": "older", "hostKey": "k"}


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("key", ["address", "gateway", "bridge"])
def test_a_machine_that_stands_cannot_move(key: str, preview: bool, tmp_path: Path) -> None:
    said: list[str] = []
    wish = {**MACHINE, "state": str(tmp_path / "s"), "cache": str(tmp_path / "c")}
    before = {**wish, key: "before", "hostKey": "k"}
    with pytest.raises(InvalidSpec) as caught:
        MachineKind().update(before, wish, said.append, preview=preview)
    assert f"{key} of machine w1 cannot change from before to {MACHINE[key]}" in str(caught.value)
    assert "put the old value back into the site file, or destroy the site" in str(caught.value)
    assert said == list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "inputs", "identity"), [(NetworkKind(), NETWORK, "gct-none"), (MachineKind(), MACHINE, "")]
)
def test_a_preview_makes_nothing(kind: Kind, inputs: dict[str, str], identity: str) -> None:
    assert kind.create(inputs, ignore, preview=True) == (identity, {})
    assert kind.read(inputs) is None


def test_the_endpoint_is_told_as_an_address_of_the_web() -> None:
    kind = EndpointKind()
    assert kind.create(ENDPOINT, ignore, preview=False) == ("lab-endpoint", {"url": URL})
    assert kind.faults({**ENDPOINT, "routerId": 0}) == []
    assert kind.faults({**ENDPOINT, "members": []}) == [("members", "is needed")]
    assert kind.read(ENDPOINT) == ENDPOINT
    assert list(kind.changes({**ENDPOINT, "url": URL}, ENDPOINT)) == []
    assert [change.path for change in kind.changes(ENDPOINT, ENDPOINT)] == ["url"]


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(("key", "before"), [("host", "192.0.2.99"), ("port", 6443)])
def test_the_endpoint_cannot_move(key: str, before: Any, preview: bool) -> None:
    with pytest.raises(InvalidSpec, match=f"API server's {key} cannot change from {before} to {ENDPOINT[key]} .*put"):
        EndpointKind().update({**ENDPOINT, key: before}, ENDPOINT, ignore, preview=preview)


@pytest.mark.parametrize(("key", "before"), [("routerId", 1), ("members", ["192.0.2.11", "192.0.2.12"])])
def test_who_is_behind_the_endpoint_may_change(key: str, before: Any) -> None:
    found = EndpointKind().update({**ENDPOINT, key: before}, ENDPOINT, ignore, preview=False)
    assert found == {"url": URL}


def test_a_bridge_is_its_inputs_and_nothing_more() -> None:
    """What the kernel's limits were is not the engine's to remember: two sites share one kernel."""
    assert NetworkKind().update({**NETWORK, "address": "192.0.2.9/24"}, NETWORK, ignore, preview=True) == {}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "update")]),
        ({"a": 1}, {}, [("a", "delete")]),
        ({}, {"a": 1}, [("a", "add")]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2, "d": 3}}}, [("a.b.c", "update"), ("a.b.d", "add")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a", "update")]),
        ({"a": {"b": 1}}, {"a": 1}, [("a", "update")]),
        ({"a": None}, {"a": {}}, [("a", "update")]),
    ],
)
def test_differences_leaf_by_leaf(old: Any, new: Any, changes: list[tuple[str, str]]) -> None:
    assert [(change.path, change.action) for change in compare(old, new)] == changes
