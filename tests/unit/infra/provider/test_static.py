"""A machine that exists already: its SSH host key is pinned, and another one is refused."""

from collections.abc import Sequence
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, InvalidSpec
from govcloud_infra.provider.static import StaticMachineKind

ED, OTHER, EC = "ssh-ed25519 AAAA", "ssh-ed25519 BBBB", "ecdsa-sha2-nistp256 CCCC"
INPUTS: dict[str, Any] = {"site": "a", "name": "w1", "address": "192.0.2.9", "port": 22, "hostKey": ""}
STATE = {**INPUTS, "hostKey": ED, "foundKey": ED}


def ignore(_text: str) -> None:
    pass


def machine(*keys: str) -> StaticMachineKind:
    """One that shows these keys; without any it does not answer."""

    def look(address: str, port: int) -> Sequence[str]:
        assert (address, port) == ("192.0.2.9", 22)
        if not keys:
            raise ApiUnavailable("no SSH server answers on 192.0.2.9 port 22")
        return keys

    return StaticMachineKind(look)


@pytest.mark.parametrize(
    ("shown", "wanted", "pinned"),
    [([ED, EC], "", ED), ([ED, EC], ED, ED), ([ED, EC], EC, EC), ([EC], "", EC)],
)
def test_the_key_that_is_wanted_or_found_first_is_pinned(shown: list[str], wanted: str, pinned: str) -> None:
    made = machine(*shown).create({**INPUTS, "hostKey": wanted}, ignore, preview=False)
    assert made == ("a-w1", {"hostKey": pinned, "foundKey": pinned})


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("shown", [[OTHER], [EC], [OTHER, EC]])
def test_another_key_is_refused(shown: list[str], preview: bool) -> None:
    told = r"machine w1 \(192\.0\.2\.9\) shows the SSH host key .*, known is ssh-ed25519 AAAA: it was replaced"
    with pytest.raises(InvalidSpec, match=told):
        machine(*shown).create({**INPUTS, "hostKey": ED}, ignore, preview=preview)
    with pytest.raises(InvalidSpec, match=told):
        machine(*shown).update(STATE, INPUTS, ignore, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
def test_one_that_does_not_answer_is_named(preview: bool) -> None:
    with pytest.raises(ApiUnavailable, match="machine w1: no SSH server answers on"):
        machine().create(INPUTS, ignore, preview=preview)


def test_a_preview_pins_nothing() -> None:
    assert machine(ED).create(INPUTS, ignore, preview=True) == ("a-w1", {})


def test_one_that_is_off_is_not_gone() -> None:
    assert machine().read(STATE) == STATE


@pytest.mark.parametrize(
    ("shown", "wanted", "changes"),
    [
        ([ED], "", []),
        ([ED, EC], ED, []),
        ([OTHER], "", ["hostKey"]),
        ([OTHER], OTHER, ["hostKey"]),
        ([ED], OTHER, ["hostKey"]),
    ],
)
def test_drift_is_another_key_than_the_pinned_one(shown: list[str], wanted: str, changes: list[str]) -> None:
    kind = machine(*shown)
    seen = kind.read(STATE)
    assert seen is not None
    assert seen["hostKey"] == ED
    assert [change.path for change in kind.changes(seen, {**INPUTS, "hostKey": wanted})] == changes


def test_a_new_key_is_taken_when_the_site_file_names_it() -> None:
    found = machine(OTHER).update({**STATE, "foundKey": OTHER}, {**INPUTS, "hostKey": OTHER}, ignore, preview=False)
    assert found == {"hostKey": OTHER, "foundKey": OTHER}


@pytest.mark.parametrize("key", ["site", "name", "address", "port"])
def test_inputs_are_needed_and_compared(key: str) -> None:
    kind = machine(ED)
    assert kind.faults({**INPUTS, key: ""}) == [(key, "is needed")]
    [found] = kind.changes({**STATE, key: "before"}, INPUTS)
    assert (found.path, found.replace) == (key, key in ("site", "name"))


def test_a_static_machine_cannot_move() -> None:
    with pytest.raises(InvalidSpec, match=r"address of machine w1 cannot change from 192\.0\.2\.1 to 192\.0\.2\.9"):
        machine(ED).update({**STATE, "address": "192.0.2.1"}, INPUTS, ignore, preview=False)


def test_it_is_forgotten_without_a_look() -> None:
    machine().delete(STATE, ignore)
